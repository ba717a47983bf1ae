using NativeTrain.Core;
using NativeTrain.Vision.Data;

namespace NativeTrain.Training;

/// <summary>The way of a batch of pictures to the device: bytes up, then numbers 0…1 in the tape's precision.</summary>
public static class NetworkInput
{
    /// <summary>[N, H, W, 3], owned by the tape; no gradient flows to it.</summary>
    public static Tensor From(Tape tape, ImageBatch batch)
    {
        ArgumentNullException.ThrowIfNull(batch);
        return From(tape, batch.Images, batch.N, batch.H, batch.W);
    }

    /// <summary>The same from [n, h, w, 3] RGB bytes.</summary>
    public static Tensor From(Tape tape, ReadOnlySpan<byte> pixels, int n, int h, int w)
    {
        ArgumentNullException.ThrowIfNull(tape);
        using var bytes = Tensor.Create(tape.Backend, new Shape(n, h, w, 3), DType.U8);
        tape.Backend.Upload(pixels, bytes);
        return From(tape, bytes);
    }

    /// <summary>The same from bytes that are on the device, U8 [N, H, W, 3].</summary>
    public static Tensor From(Tape tape, Tensor pixels)
    {
        ArgumentNullException.ThrowIfNull(tape);
        ArgumentNullException.ThrowIfNull(pixels);
        var x = tape.New(pixels.Shape, tape.Precision);
        x.RequiresGrad = false;
        using var named = tape.Layer("input");
        tape.Run("u8_to_f32", "forward", () => tape.Backend.U8ToF32(pixels, x, 1f / 255));
        return x;
    }
}
