namespace NativeTrain.Core.Ops;

/// <summary>
/// Rows of targets for <see cref="DetectionLoss"/>: image index, class, centre x, centre y, width, height. Batches have
/// different numbers of objects; padded with rows of zeros, which mark no object, to a few sizes they can take the same
/// place on a device and change no bit of the loss.
/// </summary>
public static class DetectionTargets
{
    private const int Columns = 6, LeastRows = 32;

    /// <summary>Rows that a batch of so many objects takes on the device: a power of two, so that there are few sizes.</summary>
    public static int Rows(int objects)
    {
        int rows = LeastRows;
        while (rows < objects) rows = checked(2 * rows);
        return rows;
    }

    /// <summary>The rows, checked, and rows of zeros behind them.</summary>
    /// <param name="targets">Rows of six.</param>
    /// <param name="images">Images of the batch.</param>
    /// <param name="classes">Classes of the model.</param>
    /// <exception cref="ArgumentException">A target names an image or a class that there is not.</exception>
    public static float[] Padded(ReadOnlySpan<float> targets, int images, int classes)
    {
        Check(targets, images, classes);
        var rows = new float[Rows(targets.Length / Columns) * Columns];
        targets.CopyTo(rows);
        return rows;
    }

    // A device that got them could no longer say what is wrong.
    internal static void Check(ReadOnlySpan<float> targets, int images, int classes)
    {
        if (targets.Length % Columns != 0) throw new ArgumentException($"targets are rows of six numbers, not {targets.Length} numbers", nameof(targets));
        for (int i = 0; i < targets.Length; i += Columns)
        {
            if (!(targets[i] >= 0 && targets[i] < images)) throw new ArgumentException($"target {i / Columns} names image {targets[i]} of a batch of {images}", nameof(targets));
            if (!(targets[i + 1] >= 0 && targets[i + 1] < classes)) throw new ArgumentException($"target {i / Columns} has class {targets[i + 1]} of {classes}", nameof(targets));
        }
    }
}
