using System.Numerics;
using System.Runtime.InteropServices;
using NativeTrain.Vision.Data;

namespace NativeTrain.Vision.Detect;

/// <summary>
/// Makes the masks of one image's detections: a detection's logit at a pixel is the dot product of its coefficients with
/// the pixel's prototypes; the mask is where it is above 0, within the detection's box.
/// </summary>
/// <param name="prototypes">[height, width, count]: one image of the head's output.</param>
/// <param name="height">Rows.</param>
/// <param name="width">Columns.</param>
public sealed class MaskAssembly(ReadOnlyMemory<float> prototypes, int height, int width)
{
    /// <summary>Network pixels a prototype's pixel.</summary>
    private const float Stride = 4;

    private readonly int count = prototypes.Length / (height * width);

    /// <summary>The masks at the prototypes' size, as validation compares them.</summary>
    /// <param name="found">Detections, in the network's pixels.</param>
    /// <param name="coefficients">[detections, count].</param>
    public BitMask[] AtPrototypes(IReadOnlyList<Detection> found, ReadOnlySpan<float> coefficients)
    {
        Check(found, coefficients);
        var masks = new BitMask[found.Count];
        for (int i = 0; i < masks.Length; i++)
        {
            // A pixel whose number is within the box's corners belongs to it, as in the reference.
            var (y1, y2) = Range(found[i].Y1 / Stride, found[i].Y2 / Stride, height);
            var (x1, x2) = Range(found[i].X1 / Stride, found[i].X2 / Stride, width);
            masks[i] = new BitMask(height, width);
            var own = coefficients.Slice(i * count, count);
            for (int y = y1; y < y2; y++)
                for (int x = x1; x < x2; x++)
                    if (Logit(own, y, x) > 0)
                        masks[i][y, x] = true;
        }
        return masks;
    }

    /// <summary>The masks in the original image's pixels: the logits are interpolated bilinearly between the prototypes' pixels.</summary>
    /// <param name="found">Detections, in pixels of the original image.</param>
    /// <param name="coefficients">[detections, count].</param>
    /// <param name="sample">The way from the network's pixels to the original image.</param>
    public BitMask[] InImage(IReadOnlyList<Detection> found, ReadOnlySpan<float> coefficients, SampleInfo sample)
    {
        ArgumentNullException.ThrowIfNull(sample);
        Check(found, coefficients);
        var masks = new BitMask[found.Count];
        for (int i = 0; i < masks.Length; i++)
            masks[i] = InImage(found[i], coefficients.Slice(i * count, count), sample);
        return masks;
    }

    private BitMask InImage(Detection box, ReadOnlySpan<float> own, SampleInfo sample)
    {
        var mask = new BitMask(sample.Height, sample.Width);
        // Pixels whose centres lie in the box; where their centres lie among the prototypes'.
        var (y1, y2) = Range(box.Y1 - 0.5f, box.Y2 - 0.5f, sample.Height);
        var (x1, x2) = Range(box.X1 - 0.5f, box.X2 - 0.5f, sample.Width);
        if (y1 >= y2 || x1 >= x2) return mask;
        float ToY(int y) => Math.Clamp(((y + 0.5f) * sample.ScaleY + sample.PadY) / Stride - 0.5f, 0, height - 1);
        float ToX(int x) => Math.Clamp(((x + 0.5f) * sample.ScaleX + sample.PadX) / Stride - 0.5f, 0, width - 1);

        int top = (int)ToY(y1), left = (int)ToX(x1);
        int rows = (int)ToY(y2 - 1) + 2 - top, columns = (int)ToX(x2 - 1) + 2 - left;
        var logits = new float[rows * columns]; // those around the box; one more row and column to interpolate to
        for (int y = 0; y < rows; y++)
            for (int x = 0; x < columns; x++)
                logits[y * columns + x] = Logit(own, Math.Min(top + y, height - 1), Math.Min(left + x, width - 1));

        for (int y = y1; y < y2; y++)
        {
            float py = ToY(y) - top;
            int row = (int)py;
            float down = py - row;
            for (int x = x1; x < x2; x++)
            {
                float px = ToX(x) - left;
                int column = (int)px, at = row * columns + column;
                float right = px - column;
                float above = logits[at] + right * (logits[at + 1] - logits[at]);
                float below = logits[at + columns] + right * (logits[at + columns + 1] - logits[at + columns]);
                if (above + down * (below - above) > 0) mask[y, x] = true;
            }
        }
        return mask;
    }

    private float Logit(ReadOnlySpan<float> own, int y, int x)
    {
        var pixel = prototypes.Span.Slice((y * width + x) * count, count);
        var a = MemoryMarshal.Cast<float, Vector<float>>(own);
        var b = MemoryMarshal.Cast<float, Vector<float>>(pixel);
        var sums = Vector<float>.Zero;
        for (int k = 0; k < a.Length; k++) sums += a[k] * b[k];
        float sum = Vector.Sum(sums);
        for (int k = a.Length * Vector<float>.Count; k < count; k++) sum += own[k] * pixel[k];
        return sum;
    }

    /// <summary>The whole numbers k, 0 ≤ k &lt; end, with from ≤ k &lt; to; none where a bound is NaN.</summary>
    private static (int First, int End) Range(float from, float to, int end) =>
        from < to ? ((int)Math.Clamp(MathF.Ceiling(from), 0, end), (int)Math.Clamp(MathF.Ceiling(to), 0, end)) : (0, 0);

    private void Check(IReadOnlyList<Detection> found, ReadOnlySpan<float> coefficients)
    {
        ArgumentNullException.ThrowIfNull(found);
        if (coefficients.Length != found.Count * count)
            throw new ArgumentException($"{found.Count} detections have {count} coefficients each, not {coefficients.Length} together", nameof(coefficients));
    }
}
