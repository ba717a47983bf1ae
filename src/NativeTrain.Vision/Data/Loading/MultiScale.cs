namespace NativeTrain.Vision.Data;

/// <summary>
/// A size of its own for each training batch: the long side is a multiple of 32 between (1 − range)·imgsz and
/// (1 + range)·imgsz, each equally likely, and depends on nothing but seed, epoch and batch.
/// </summary>
/// <param name="imgsz">Long side of the pictures that are made.</param>
/// <param name="range">0: always imgsz; below 1.</param>
public readonly struct MultiScale(int imgsz, double range)
{
    private const int Stride = RectBatches.Stride;

    /// <summary>1 + range and 1 − range are rounded, which is not to cost a stride where a bound is just one.</summary>
    private const double Rounding = 1e-9;

    private readonly int smallest = Math.Max(1, (int)Math.Ceiling(imgsz * (1 - range) / Stride - Rounding));   // strides
    private readonly int largest = LargestStrides(imgsz, range);

    /// <summary>The size of a batch that is made with this shape.</summary>
    public (int Height, int Width) Draw((int Height, int Width) made, int seed, int epoch, int batch)
    {
        if (range == 0) return made;
        var random = new SampleRandom(seed, epoch, -2 - batch);                // −1 is the epoch's order
        return Scale(made, smallest + random.Below(largest - smallest + 1));
    }

    /// <summary>The largest size of a batch that is made with this shape.</summary>
    public (int Height, int Width) Largest((int Height, int Width) made) => range == 0 ? made : Scale(made, largest);

    /// <summary>The largest long side, in pixels.</summary>
    public static int LargestSide(int imgsz, double range) => LargestStrides(imgsz, range) * Stride;

    private static int LargestStrides(int imgsz, double range) => Math.Max(1, (int)Math.Floor(imgsz * (1 + range) / Stride + Rounding));

    private (int, int) Scale((int Height, int Width) made, int strides)
    {
        double factor = (double)strides * Stride / imgsz;
        return (Side(made.Height), Side(made.Width));

        int Side(int side) => Math.Max(1, (int)Math.Ceiling(side * factor / Stride - Rounding)) * Stride;
    }
}
