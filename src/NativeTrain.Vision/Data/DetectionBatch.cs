namespace NativeTrain.Vision.Data;

/// <summary>Pictures with true boxes, and with true masks where the task is to segment.</summary>
public sealed class DetectionBatch(PixelBuffer pixels) : ImageBatch(pixels)
{
    /// <summary>
    /// Rows of six: image index in the batch, class, centre x, centre y, width, height, normalised to 0…1. The rows of an
    /// image follow one another, those of earlier images first.
    /// </summary>
    public required float[] Targets { get; init; }
    public override int TargetCount => Targets.Length / 6;

    /// <summary>
    /// [N, H/4, W/4]: 0 is background, j + 1 the image's j-th row of <see cref="Targets"/>; where instances overlap the
    /// smaller one is on top (an image's rows stand by falling area). Null where the task has no masks.
    /// </summary>
    public int[]? Masks { get; init; }

    /// <summary>
    /// The outline of each row of <see cref="Targets"/>: x1 y1 x2 y2 … in pixels of the batch's pictures, filled by the
    /// even-odd rule (<see cref="PolygonRaster"/>). Null where the task has no masks.
    /// </summary>
    public IReadOnlyList<float[]>? Polygons { get; init; }

    public override ImageBatch Part(int first, int count)
    {
        int mask = Masks is null ? 0 : Masks.Length / N;
        int[] rows = [.. Enumerable.Range(0, TargetCount).Where(r => Targets[6 * r] >= first && Targets[6 * r] < first + count)];
        return new DetectionBatch(Pixels)
        {
            First = First + first, N = count, H = H, W = W, Samples = [.. Samples.Skip(first).Take(count)],
            Targets = [.. rows.SelectMany(r => Targets[(6 * r + 1)..(6 * r + 6)].Prepend(Targets[6 * r] - first))],
            Masks = Masks?[(first * mask)..((first + count) * mask)],
            Polygons = Polygons is null ? null : [.. rows.Select(r => Polygons[r])],
        };
    }
}
