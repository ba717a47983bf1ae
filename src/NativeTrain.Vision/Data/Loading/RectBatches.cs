namespace NativeTrain.Vision.Data;

/// <summary>
/// Divides a set into batches. With <c>rect</c>, images are sorted by aspect ratio and each batch has the smallest shape
/// that holds its images, in whole strides; without, they stay in their order and every batch is square.
/// </summary>
internal sealed class RectBatches
{
    public const int Stride = 32;

    private readonly DetectionDataset dataset;
    private readonly int[] order;
    private readonly int batch;

    /// <param name="dataset">The images.</param>
    /// <param name="batch">Images a batch; the last may have fewer.</param>
    /// <param name="imgsz">Long side of the pictures at network scale.</param>
    /// <param name="rect">Rectangular batches.</param>
    /// <param name="margin">Strides added to each side before it is rounded up, where batches are rectangular.</param>
    public RectBatches(DetectionDataset dataset, int batch, int imgsz, bool rect, double margin)
    {
        this.dataset = dataset;
        this.batch = Math.Min(batch, dataset.Count);
        order = [.. Enumerable.Range(0, dataset.Count)];
        if (rect) order = [.. order.OrderBy(Aspect)];                           // stable
        Shapes = [.. Enumerable.Range(0, Count).Select(k => rect ? RectShape(Items(k), imgsz, margin) : (imgsz, imgsz))];
        Largest = Shapes.MaxBy(s => (long)s.Height * s.Width);
    }

    /// <summary>Batches.</summary>
    public int Count => (order.Length + batch - 1) / batch;

    /// <summary>Images of a full batch.</summary>
    public int BatchSize => batch;

    /// <summary>Height and width of each batch.</summary>
    public (int Height, int Width)[] Shapes { get; }

    /// <summary>The shape with the most pixels.</summary>
    public (int Height, int Width) Largest { get; }

    /// <summary>The images of a batch.</summary>
    public ArraySegment<int> Items(int item) => new(order, item * batch, Math.Min(batch, order.Length - item * batch));

    private double Aspect(int index) => (double)dataset.Labels[index].Height / dataset.Labels[index].Width;

    private (int, int) RectShape(ArraySegment<int> items, int imgsz, double margin)
    {
        double min = items.Min(Aspect), max = items.Max(Aspect);
        // All wide: full width, the tallest's height. All tall: full height, the widest's width. Else square.
        double height = max < 1 ? max : 1, width = min > 1 ? 1 / min : 1;
        return (Side(height), Side(width));

        int Side(double share) => (int)Math.Ceiling(share * imgsz / Stride + margin) * Stride;
    }
}
