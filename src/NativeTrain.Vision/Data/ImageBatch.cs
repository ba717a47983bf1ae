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
/// A batch ready for the device: pictures, and in the derived classes what is true of them. The loader owns the
/// buffer and reuses it after <see cref="Dispose"/>.
/// </summary>
/// <param name="pixels">At least N·H·W·3 bytes.</param>
public abstract class ImageBatch(PixelBuffer pixels) : IDisposable
{
    /// <summary>[N, H, W, 3] RGB bytes.</summary>
    public ReadOnlySpan<byte> Images => Pixels == PixelBuffer.None ? default : Pixels.Span((First + N) * H * W * 3)[(First * H * W * 3)..];

    protected PixelBuffer Pixels { get; } = pixels;

    /// <summary>Images of the buffer that come before this batch's: those of other parts.</summary>
    public int First { get; init; }
    public required int N { get; init; }

    /// <summary>Images of the whole batch, where this is one process's part of it (<see cref="Shard"/>).</summary>
    public int Whole { get => field == 0 ? N : field; init; }
    public required int H { get; init; }
    public required int W { get; init; }
    public required IReadOnlyList<SampleInfo> Samples { get; init; }

    /// <summary>True objects in the batch; of whole pictures with one class each, the pictures.</summary>
    public abstract int TargetCount { get; }

    /// <summary>Images [first, first + count) as a batch of their own, in the same buffer: it is this batch that is disposed, not its parts.</summary>
    public abstract ImageBatch Part(int first, int count);

    public void Dispose() => Pixels.Dispose();
}
