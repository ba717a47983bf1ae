using System.Runtime.InteropServices;

namespace NativeTrain.Core;

/// <summary>Numbers in host memory that are to be a tensor.</summary>
/// <param name="Shape">The tensor's.</param>
/// <param name="Numbers">float[] or int[], of as many numbers.</param>
public sealed record HostTensor(Shape Shape, Array Numbers)
{
    /// <summary>F32 or I32.</summary>
    public DType Type => Numbers is int[] ? DType.I32 : DType.F32;

    private ReadOnlySpan<byte> Bytes => Numbers switch
    {
        int[] whole => MemoryMarshal.AsBytes<int>(whole),
        float[] real => MemoryMarshal.AsBytes<float>(real),
        _ => throw new ArgumentException($"{Numbers.GetType().Name} is no float[] or int[]"),
    };

    /// <summary>A tensor of these numbers, which the caller owns.</summary>
    public Tensor Upload(IBackend backend)
    {
        ArgumentNullException.ThrowIfNull(backend);
        return Fill(backend, Tensor.Create(backend, Shape, Type));
    }

    /// <summary>A tensor of these numbers, which the tape owns.</summary>
    public Tensor Upload(Tape tape)
    {
        ArgumentNullException.ThrowIfNull(tape);
        return Fill(tape.Backend, tape.New(Shape, Type));
    }

    private Tensor Fill(IBackend backend, Tensor tensor)
    {
        backend.Upload(Bytes, tensor);
        return tensor;
    }
}
