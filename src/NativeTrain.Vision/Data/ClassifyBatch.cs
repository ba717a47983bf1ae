namespace NativeTrain.Vision.Data;

/// <summary>Pictures with one true class each.</summary>
public sealed class ClassifyBatch(PixelBuffer pixels) : ImageBatch(pixels)
{
    /// <summary>Class index of every picture.</summary>
    public required int[] Classes { get; init; }
    public override int TargetCount => Classes.Length;

    public override ImageBatch Part(int first, int count) => new ClassifyBatch(Pixels)
    {
        First = First + first, N = count, H = H, W = W, Samples = [.. Samples.Skip(first).Take(count)], Classes = Classes[first..(first + count)],
    };
}
