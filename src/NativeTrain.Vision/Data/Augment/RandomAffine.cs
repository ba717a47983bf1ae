using NativeTrain.Vision.Images;

namespace NativeTrain.Vision.Data;

/// <summary>
/// Scales, shifts and (where asked) rotates, shears and tilts a canvas into the network's picture:
/// M = T·S·R·P·C, where C moves the canvas's centre to the origin, P is the perspective, R rotates and scales, S
/// shears, and T moves the origin to near the picture's centre. All in pixel-edge coordinates, in which boxes are given.
/// </summary>
internal static class RandomAffine
{
    // A box must stay wider and higher than this, keep this share of its area, and not be a sliver.
    private const float MinSide = 2, MinAreaBox = 0.10f, MinAreaPolygon = 0.01f, MaxAspect = 100, Epsilon = 1e-16f;

    /// <summary>
    /// Warps <paramref name="canvas"/> [height, width, 3] into <paramref name="output"/> [toHeight, toWidth, 3] and the
    /// boxes with it; boxes that are hardly visible any more are removed. With <paramref name="masks"/> outlines stay
    /// exact and the boxes are those around them.
    /// </summary>
    public static void Apply(AugmentOptions options, ref SampleRandom random, ReadOnlySpan<byte> canvas, int height, int width, Span<byte> output, int toHeight, int toWidth, List<PixelBox> boxes, bool masks)
    {
        var (matrix, scale) = Draw(options, ref random, height, width, toHeight, toWidth);
        Span<double> inverse = stackalloc double[9];
        PixelCentred(matrix, inverse);
        bool perspective = options.Perspective != 0;
        NativeImage.Warp(canvas, height, width, output, toHeight, toWidth, inverse, perspective, Letterbox.Fill);

        int kept = 0;
        for (int i = 0; i < boxes.Count; i++)
        {
            var moved = masks
                ? (boxes[i] with { Polygon = Outline.Transform(matrix, boxes[i].Polygon!) }).ClipOutline(toHeight, toWidth)
                : Transform(matrix, boxes[i]).Clip(toHeight, toWidth);
            if (IsVisible(boxes[i], moved, scale)) boxes[kept++] = moved;
        }
        boxes.RemoveRange(kept, boxes.Count - kept);
    }

    private static (double[] Matrix, double Scale) Draw(AugmentOptions o, ref SampleRandom random, int height, int width, int toHeight, int toWidth)
    {
        double[] centre = [1, 0, -width / 2.0, 0, 1, -height / 2.0, 0, 0, 1];
        double[] tilt = [1, 0, 0, 0, 1, 0, random.Next(-o.Perspective, o.Perspective), random.Next(-o.Perspective, o.Perspective), 1];
        double angle = random.Next(-o.Degrees, o.Degrees) * Math.PI / 180;
        double scale = random.Next(1 - o.Scale, 1 + o.Scale);
        double cos = scale * Math.Cos(angle), sin = scale * Math.Sin(angle);
        double[] turn = [cos, sin, 0, -sin, cos, 0, 0, 0, 1];
        double shearX = Math.Tan(random.Next(-o.Shear, o.Shear) * Math.PI / 180), shearY = Math.Tan(random.Next(-o.Shear, o.Shear) * Math.PI / 180);
        double[] shear = [1, shearX, 0, shearY, 1, 0, 0, 0, 1];
        double x = random.Next(0.5 - o.Translate, 0.5 + o.Translate) * toWidth, y = random.Next(0.5 - o.Translate, 0.5 + o.Translate) * toHeight;
        double[] place = [1, 0, x, 0, 1, y, 0, 0, 1];
        return (Matrix3.Product(place, Matrix3.Product(shear, Matrix3.Product(turn, Matrix3.Product(tilt, centre)))), scale);
    }

    /// <summary>
    /// The inverse for pixel indices: pixel i has its centre at edge coordinate i + ½, on both sides.
    /// </summary>
    private static void PixelCentred(double[] matrix, Span<double> inverse)
    {
        double[] toEdge = [1, 0, 0.5, 0, 1, 0.5, 0, 0, 1];
        double[] toIndex = [1, 0, -0.5, 0, 1, -0.5, 0, 0, 1];
        Matrix3.Product(toIndex, Matrix3.Product(Matrix3.Inverse(matrix), toEdge)).CopyTo(inverse);
    }

    /// <summary>The box around the transformed outline: a polygon's points, else the four corners.</summary>
    private static PixelBox Transform(double[] m, PixelBox box)
    {
        float[] points = box.Polygon ?? [box.X1, box.Y1, box.X2, box.Y1, box.X2, box.Y2, box.X1, box.Y2];
        var moved = new float[points.Length];
        float x1 = float.PositiveInfinity, y1 = x1, x2 = float.NegativeInfinity, y2 = x2;
        for (int i = 0; i < points.Length; i += 2)
        {
            double x = points[i], y = points[i + 1];
            double w = m[6] * x + m[7] * y + m[8];
            moved[i] = (float)((m[0] * x + m[1] * y + m[2]) / w);
            moved[i + 1] = (float)((m[3] * x + m[4] * y + m[5]) / w);
            (x1, x2) = (Math.Min(x1, moved[i]), Math.Max(x2, moved[i]));
            (y1, y2) = (Math.Min(y1, moved[i + 1]), Math.Max(y2, moved[i + 1]));
        }
        return new PixelBox(box.Class, x1, y1, x2, y2, box.Polygon is null ? null : moved);
    }

    private static bool IsVisible(PixelBox before, PixelBox after, double scale)
    {
        if (!(after.Width > MinSide && after.Height > MinSide)) return false;
        double scaledArea = before.Width * scale * (before.Height * scale);
        double share = after.Width * after.Height / (scaledArea + Epsilon);
        float aspect = Math.Max(after.Width / (after.Height + Epsilon), after.Height / (after.Width + Epsilon));
        return share > (before.Polygon is null ? MinAreaBox : MinAreaPolygon) && aspect < MaxAspect;
    }
}
