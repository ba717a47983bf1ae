using System.Globalization;
using System.Text;
using NativeTrain.Vision.Detect;

namespace NativeTrain.Training;

/// <summary>Masks as a YOLO label file: "class x1 y1 x2 y2 … [confidence]" a line, normalised to the image.</summary>
public static class OutlinesText
{
    /// <summary>The text; a detection whose mask is empty has no line.</summary>
    /// <param name="found">The detections.</param>
    /// <param name="outlines">The outline of each, x1 y1 x2 y2 … in pixels of the image.</param>
    /// <param name="height">The image's height in pixels.</param>
    /// <param name="width">The image's width in pixels.</param>
    /// <param name="confidence">Whether lines end with the confidence.</param>
    public static string Of(IReadOnlyList<Detection> found, IReadOnlyList<float[]> outlines, int height, int width, bool confidence)
    {
        ArgumentNullException.ThrowIfNull(found);
        ArgumentNullException.ThrowIfNull(outlines);
        var text = new StringBuilder();
        for (int i = 0; i < found.Count; i++)
        {
            if (outlines[i].Length == 0) continue;
            text.Append(CultureInfo.InvariantCulture, $"{found[i].Class}");
            for (int k = 0; k < outlines[i].Length; k += 2)
                text.Append(CultureInfo.InvariantCulture, $" {outlines[i][k] / width:g6} {outlines[i][k + 1] / height:g6}");
            if (confidence) text.Append(CultureInfo.InvariantCulture, $" {found[i].Confidence:g6}");
            text.Append('\n');
        }
        return text.ToString();
    }
}
