namespace NativeTrain.Vision.Data;

/// <summary>Pictures with one true class each.</summary>
public sealed class ClassifyBatch(PixelBuffer pixels) : ImageBatch(pixels)
{
    /// <summary>Class index of every picture.</summary>
    public required int[] Classes { get; init; }
    public override int TargetCount => Classes.Length;
}
