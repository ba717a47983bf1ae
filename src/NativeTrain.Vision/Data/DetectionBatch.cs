namespace NativeTrain.Vision.Data;

/// <summary>One loaded sample's way back from the network's pixels to the original image.</summary>
/// <param name="Path">The image file.</param>
/// <param name="Height">Original height in pixels.</param>
/// <param name="Width">Original width in pixels.</param>
/// <param name="ScaleX">Network pixels per original pixel, horizontally.</param>
/// <param name="ScaleY">Network pixels per original pixel, vertically.</param>
/// <param name="PadX">Left padding in network pixels.</param>
/// <param name="PadY">Top padding in network pixels.</param>
public sealed record SampleInfo(string Path, int Height, int Width, float ScaleX, float ScaleY, float PadX, float PadY);

/// <summary>
/// A batch ready for the device. The loader owns the buffers and reuses them after <see cref="Dispose"/>.
/// </summary>
public abstract class DetectionBatch : IDisposable
{
    /// <summary>[N, H, W, 3] RGB bytes.</summary>
    public abstract ReadOnlySpan<byte> Images { get; }
    public required int N { get; init; }
    public required int H { get; init; }
    public required int W { get; init; }
    /// <summary>Rows of six: image index in the batch, class, centre x, centre y, width, height, normalised to 0…1.</summary>
    public required float[] Targets { get; init; }
    public int TargetCount => Targets.Length / 6;
    public required IReadOnlyList<SampleInfo> Samples { get; init; }
    public abstract void Dispose();
}
