using System.Globalization;
using System.Text;
using NativeTrain.Vision.Detect;

namespace NativeTrain.Training;

/// <summary>Detections as a YOLO label file: "class cx cy w h [confidence]" a line, normalised to the image.</summary>
public static class DetectionsText
{
    /// <summary>The text; where nothing was found it is empty.</summary>
    /// <param name="found">In pixels of the image.</param>
    /// <param name="height">The image's height in pixels.</param>
    /// <param name="width">The image's width in pixels.</param>
    /// <param name="confidence">Whether lines end with the confidence.</param>
    public static string Of(IEnumerable<Detection> found, int height, int width, bool confidence)
    {
        ArgumentNullException.ThrowIfNull(found);
        var text = new StringBuilder();
        foreach (var d in found)
        {
            text.Append(CultureInfo.InvariantCulture, $"{d.Class} {(d.X1 + d.X2) / 2 / width:g6} {(d.Y1 + d.Y2) / 2 / height:g6} {(d.X2 - d.X1) / width:g6} {(d.Y2 - d.Y1) / height:g6}");
            if (confidence) text.Append(CultureInfo.InvariantCulture, $" {d.Confidence:g6}");
            text.Append('\n');
        }
        return text.ToString();
    }
}
