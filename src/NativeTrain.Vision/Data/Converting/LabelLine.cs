using System.Globalization;
using System.Text;

namespace NativeTrain.Vision.Data.Converting;

/// <summary>Writes an object as a line of a label file.</summary>
internal static class LabelLine
{
    private const float Least = 1e-6f; // six places are written

    /// <summary>"class cx cy w h", or "class x1 y1 …" of an outline, clipped to the image; null where nothing of it is left.</summary>
    public static string? Of(ForeignObject o, int height, int width)
    {
        if (o.Outline is { } outline)
        {
            float[] inside = Outline.Clip(outline, height, width);
            if (inside.Length < 6 || Math.Abs(Detect.PolygonArea.Signed(inside)) < Least * width * height) return null;
            return Line(o.Class, inside.Select((v, i) => v / (i % 2 == 0 ? width : height)));
        }
        float x1 = Math.Clamp(o.Box.X1, 0, width), x2 = Math.Clamp(o.Box.X2, 0, width);
        float y1 = Math.Clamp(o.Box.Y1, 0, height), y2 = Math.Clamp(o.Box.Y2, 0, height);
        if (x2 - x1 < Least * width || y2 - y1 < Least * height) return null;
        return Line(o.Class, [(x1 + x2) / 2 / width, (y1 + y2) / 2 / height, (x2 - x1) / width, (y2 - y1) / height]);
    }

    private static string Line(int cls, IEnumerable<float> numbers)
    {
        var line = new StringBuilder().Append(cls);
        foreach (float n in numbers) line.Append(CultureInfo.InvariantCulture, $" {n:0.######}");
        return line.ToString();
    }
}
