using NativeTrain.Core;

namespace NativeTrain.Training;

/// <summary>Chooses channels of a feature map and makes small grey pictures of them.</summary>
internal static class MapSample
{
    private const int Most = 8;

    /// <summary>Wider or higher maps are averaged down to at most so many pixels a side.</summary>
    private const int Side = 40;

    /// <summary>The channels of a picture's map that vary most; null where there are no height and width.</summary>
    public static MapsView? Of(float[] values, Shape shape, int image, bool signed)
    {
        if (shape.Rank != 4 || shape.Count == 0) return null;
        int h = shape[1], w = shape[2], c = shape[3];
        var own = values.AsSpan(image * h * w * c, h * w * c);
        double[] variance = Variances(own, c);
        int[] channels = [.. Enumerable.Range(0, c).OrderByDescending(i => variance[i]).Take(Most).Order()];
        int factor = Math.Max((h + Side - 1) / Side, (w + Side - 1) / Side), oh = (h + factor - 1) / factor, ow = (w + factor - 1) / factor;
        var small = new float[channels.Length * oh * ow];
        for (int i = 0; i < channels.Length; i++)
            Shrink(own, h, w, c, channels[i], factor, small.AsSpan(i * oh * ow, oh * ow), ow);
        double low = small.Where(float.IsFinite).DefaultIfEmpty(0).Min(), high = small.Where(float.IsFinite).DefaultIfEmpty(0).Max();
        if (signed) (low, high) = (-Math.Max(-low, high), Math.Max(-low, high));
        double scale = high > low ? 255 / (high - low) : 0;
        byte[] pixels = [.. small.Select(v => float.IsFinite(v) ? (byte)Math.Clamp(Math.Round((v - low) * scale), 0, 255) : (byte)0)];
        return new MapsView(oh, ow, channels, low, high, Convert.ToBase64String(pixels));
    }

    private static double[] Variances(ReadOnlySpan<float> values, int c)
    {
        double[] sum = new double[c], squares = new double[c];
        for (int i = 0; i < values.Length; i++)
        {
            double v = values[i];
            sum[i % c] += v;
            squares[i % c] += v * v;
        }
        double pixels = values.Length / c;
        return [.. squares.Select((s, i) => double.IsFinite(s) ? s / pixels - sum[i] / pixels * (sum[i] / pixels) : double.MaxValue)];
    }

    private static void Shrink(ReadOnlySpan<float> values, int h, int w, int c, int channel, int factor, Span<float> to, int ow)
    {
        for (int o = 0; o < to.Length; o++)
        {
            int y0 = o / ow * factor, x0 = o % ow * factor, y1 = Math.Min(y0 + factor, h), x1 = Math.Min(x0 + factor, w);
            double sum = 0;
            for (int y = y0; y < y1; y++)
                for (int x = x0; x < x1; x++) sum += values[(y * w + x) * c + channel];
            to[o] = (float)(sum / ((y1 - y0) * (x1 - x0)));
        }
    }
}
