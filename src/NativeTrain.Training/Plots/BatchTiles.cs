using NativeTrain.Vision.Data;
using NativeTrain.Vision.Detect;
using NativeTrain.Vision.Images;
using NativeTrain.Vision.Plots;

namespace NativeTrain.Training;

/// <summary>Pictures and boxes of a batch, in the network's pixels, to draw.</summary>
internal static class BatchTiles
{
    /// <summary>A copy of one picture of the batch.</summary>
    public static RgbImage Image(ImageBatch batch, int image)
    {
        int bytes = batch.H * batch.W * 3;
        return new RgbImage(batch.H, batch.W, batch.Images.Slice(image * bytes, bytes).ToArray());
    }

    /// <summary>The true boxes of one picture.</summary>
    public static IReadOnlyList<DrawnBox> Truth(DetectionBatch batch, int image)
    {
        var boxes = new List<DrawnBox>();
        for (int t = 0; t < batch.Targets.Length; t += 6)
        {
            if ((int)batch.Targets[t] != image) continue;
            float cx = batch.Targets[t + 2] * batch.W, cy = batch.Targets[t + 3] * batch.H;
            float w = batch.Targets[t + 4] * batch.W / 2, h = batch.Targets[t + 5] * batch.H / 2;
            boxes.Add(new DrawnBox(cx - w, cy - h, cx + w, cy + h, (int)batch.Targets[t + 1]));
        }
        return boxes;
    }

    /// <summary>Detections in pixels of the original image, moved to the network's pixels.</summary>
    public static IReadOnlyList<DrawnBox> Found(IEnumerable<Detection> found, SampleInfo s) =>
    [
        .. found.Select(d => new DrawnBox(d.X1 * s.ScaleX + s.PadX, d.Y1 * s.ScaleY + s.PadY, d.X2 * s.ScaleX + s.PadX, d.Y2 * s.ScaleY + s.PadY, d.Class, d.Confidence)),
    ];
}
