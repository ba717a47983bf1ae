namespace NativeTrain.Vision.Data;

/// <summary>
/// Pastes instances a second time, mirrored left-right, where they hide little of what is there (Ghiasi et al., Simple
/// Copy-Paste, CVPR 2021, within one picture). Holds scratch memory: one a thread.
/// </summary>
internal sealed class CopyPaste
{
    // A copy may cover less than this share of any box.
    private const float MostHidden = 0.30f;

    private readonly PolygonRaster raster = new();
    private readonly List<MaskRun> runs = [];
    private byte[] pixels = [];

    /// <param name="probability">That an instance for which there is room is pasted.</param>
    /// <param name="random">Draws once for each such instance.</param>
    /// <param name="canvas">[height, width, 3]; copies show what it held before.</param>
    /// <param name="height">Rows.</param>
    /// <param name="width">Columns.</param>
    /// <param name="boxes">Instances with outlines; the copies' are added.</param>
    public void Apply(float probability, ref SampleRandom random, Span<byte> canvas, int height, int width, List<PixelBox> boxes)
    {
        runs.Clear();
        int originals = boxes.Count;
        for (int i = 0; i < originals; i++)
        {
            var copy = boxes[i].Flip(height, width, horizontal: true, vertical: false);
            if (boxes.TrueForAll(b => Hidden(b, copy) < MostHidden) && random.Chance(probability) && raster.Fill(copy.Polygon, height, width, 1, runs) > 0)
                boxes.Add(copy);
        }
        Paste(canvas, width);
    }

    /// <summary>The share of a box that a copy's box covers.</summary>
    private static float Hidden(PixelBox box, PixelBox copy)
    {
        float w = Math.Min(box.X2, copy.X2) - Math.Max(box.X1, copy.X1), h = Math.Min(box.Y2, copy.Y2) - Math.Max(box.Y1, copy.Y1);
        return w <= 0 || h <= 0 ? 0 : w * h / (box.Width * box.Height);
    }

    /// <summary>Takes all runs' pixels from the mirrored places, then writes them, so that no copy is copied.</summary>
    private void Paste(Span<byte> canvas, int width)
    {
        int count = 3 * runs.Sum(r => r.End - r.Start);
        if (pixels.Length < count) pixels = new byte[count];
        int at = 0;
        foreach (var (row, start, end) in runs)
            for (int x = start; x < end; x++, at += 3)
                canvas.Slice((row * width + width - 1 - x) * 3, 3).CopyTo(pixels.AsSpan(at));
        at = 0;
        foreach (var (row, start, end) in runs)
        {
            int bytes = (end - start) * 3;
            pixels.AsSpan(at, bytes).CopyTo(canvas[((row * width + start) * 3)..]);
            at += bytes;
        }
    }
}
