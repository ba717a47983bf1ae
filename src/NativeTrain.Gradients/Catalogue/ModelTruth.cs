using NativeTrain.Vision.Models;

namespace NativeTrain.Gradients;

/// <summary>What the pictures of a batch show.</summary>
/// <param name="Targets">Rows of image, class, centre x, centre y, width, height (0…1); empty for a classifier.</param>
/// <param name="Masks">[N, H/4, W/4]: 0 is background, j + 1 the image's j-th row; null where there are none.</param>
/// <param name="Classes">Of every image; null where it is not classified.</param>
internal sealed record ModelTruth(float[] Targets, int[]? Masks, int[]? Classes)
{
    /// <summary>A small and a large object an image, filled boxes as masks; classes in turn.</summary>
    public static ModelTruth Drawn(YoloTask task, int n, int h, int w, int classes)
    {
        if (task == YoloTask.Classify) return new ModelTruth([], null, [.. Enumerable.Range(0, n).Select(i => i % classes)]);
        float[] targets = [.. Enumerable.Range(0, n).SelectMany(i => (float[])[i, i % classes, 0.35f, 0.4f, 0.3f, 0.25f, i, (i + 1) % classes, 0.6f, 0.55f, 0.7f, 0.6f])];
        return new ModelTruth(targets, task == YoloTask.Segment ? Boxes(targets, n, h / 4, w / 4) : null, null);
    }

    private static int[] Boxes(float[] targets, int n, int h, int w)
    {
        var masks = new int[n * h * w];
        // Larger ones first, so that the smaller, the first row of each image, lies above.
        for (int t = targets.Length / 6 - 1; t >= 0; t--)
        {
            var row = targets.AsSpan(6 * t, 6);
            for (int y = (int)((row[3] - row[5] / 2) * h); y < (int)((row[3] + row[5] / 2) * h); y++)
                for (int x = (int)((row[2] - row[4] / 2) * w); x < (int)((row[2] + row[4] / 2) * w); x++)
                    masks[((int)row[0] * h + y) * w + x] = t % 2 + 1;
        }
        return masks;
    }
}
