using NativeTrain.Vision.Data;
using NativeTrain.Vision.Detect;

namespace NativeTrain.Training;

/// <summary>Moves boxes between the network's input and the original image.</summary>
public static class ImageBoxes
{
    /// <summary>A detection in network pixels → pixels of the original image, clipped to it.</summary>
    public static Detection ToOriginal(Detection d, SampleInfo s)
    {
        ArgumentNullException.ThrowIfNull(s);
        return d with { X1 = X(d.X1, s), Y1 = Y(d.Y1, s), X2 = X(d.X2, s), Y2 = Y(d.Y2, s) };
    }

    /// <summary>The true boxes of one image of a batch, in pixels of the original image.</summary>
    /// <param name="batch">Its targets are normalised to the network's input.</param>
    /// <param name="image">Index in the batch.</param>
    public static List<TruthBox> Truth(DetectionBatch batch, int image)
    {
        ArgumentNullException.ThrowIfNull(batch);
        var s = batch.Samples[image];
        var boxes = new List<TruthBox>();
        for (int t = 0; t < batch.Targets.Length; t += 6)
        {
            if ((int)batch.Targets[t] != image) continue;
            float cx = batch.Targets[t + 2] * batch.W, cy = batch.Targets[t + 3] * batch.H;
            float w = batch.Targets[t + 4] * batch.W / 2, h = batch.Targets[t + 5] * batch.H / 2;
            boxes.Add(new TruthBox(X(cx - w, s), Y(cy - h, s), X(cx + w, s), Y(cy + h, s), (int)batch.Targets[t + 1]));
        }
        return boxes;
    }

    private static float X(float x, SampleInfo s) => Math.Clamp((x - s.PadX) / s.ScaleX, 0, s.Width);

    private static float Y(float y, SampleInfo s) => Math.Clamp((y - s.PadY) / s.ScaleY, 0, s.Height);
}
