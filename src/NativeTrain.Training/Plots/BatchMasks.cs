using NativeTrain.Vision.Data;
using NativeTrain.Vision.Detect;
using NativeTrain.Vision.Plots;

namespace NativeTrain.Training;

/// <summary>The true masks of a batch's pictures.</summary>
internal static class BatchMasks
{
    /// <summary>A mask for each of an image's targets, at a quarter of the network's input; none where the batch has no masks.</summary>
    public static IReadOnlyList<BitMask> Truth(DetectionBatch batch, int image)
    {
        if (batch.Masks is null) return [];
        int h = batch.H / 4, w = batch.W / 4, objects = 0;
        for (int t = 0; t < batch.Targets.Length; t += 6)
            if ((int)batch.Targets[t] == image)
                objects++;
        return [.. Enumerable.Range(1, objects).Select(j => BitMask.FromOverlap(batch.Masks.AsSpan(image * h * w, h * w), h, w, j))];
    }

    /// <summary>The same with their classes, to draw.</summary>
    public static IReadOnlyList<DrawnMask> Drawn(DetectionBatch batch, int image) =>
        [.. Truth(batch, image).Zip(BatchTiles.Truth(batch, image), (mask, box) => new DrawnMask(mask, box.Class))];
}
