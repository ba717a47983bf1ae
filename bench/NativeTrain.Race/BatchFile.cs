using NativeTrain.Core;
using NativeTrain.Nn;
using NativeTrain.Vision.Data;

namespace NativeTrain.Race;

/// <summary>A batch in a file that every engine reads: "pixels" U8 [N,H,W,3], "targets" F32 [T,6] (<see cref="DetectionBatch.Targets"/>).</summary>
public static class BatchFile
{
    public static void Write(string path, DetectionBatch batch)
    {
        ArgumentNullException.ThrowIfNull(batch);
        Safetensors.Write(path,
        [
            new SafetensorsEntry("pixels", SafetensorsType.U8, new Shape(batch.N, batch.H, batch.W, 3), batch.Images.ToArray()),
            SafetensorsEntry.FromFloats("targets", new Shape(batch.Targets.Length / 6, 6), batch.Targets),
        ]);
    }

    /// <exception cref="InputException">No such file, or not one of these.</exception>
    public static DetectionBatch Read(string path)
    {
        var file = Safetensors.Read(path);
        var pixels = file["pixels"];
        return new DetectionBatch(new PixelBuffer(pixels.Bytes.ToArray())) { N = pixels.Shape[0], H = pixels.Shape[1], W = pixels.Shape[2], Samples = [], Targets = file["targets"].ToFloats() };
    }
}
