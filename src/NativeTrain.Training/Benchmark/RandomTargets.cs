namespace NativeTrain.Training;

/// <summary>Objects for benchmarks.</summary>
internal static class RandomTargets
{
    /// <summary>Rows of image, class, cx, cy, w, h, shared out over the images in order; sides of 5 to 35 % of the picture.</summary>
    public static float[] Rows(Random random, int count, int images, int classes)
    {
        var rows = new float[count * 6];
        for (int i = 0; i < count; i++)
        {
            float w = 0.05f + 0.3f * random.NextSingle(), h = 0.05f + 0.3f * random.NextSingle();
            float cx = w / 2 + (1 - w) * random.NextSingle(), cy = h / 2 + (1 - h) * random.NextSingle();
            ReadOnlySpan<float> row = [(long)i * images / count, random.Next(classes), cx, cy, w, h];
            row.CopyTo(rows.AsSpan(i * 6));
        }
        return rows;
    }
}
