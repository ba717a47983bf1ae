using NativeTrain.Vision.Images;

namespace NativeTrain.Vision.Data;

/// <summary>
/// Letterboxed batches for validation, the same every time. With <c>rect</c>, images are sorted by aspect ratio and
/// each batch has the smallest shape that holds its images, in whole strides plus half a stride of margin; without,
/// every batch is square.
/// </summary>
public sealed class ValLoader : IValLoader
{
    private const int Stride = 32;

    private readonly DetectionDataset dataset;
    private readonly int[] order;
    private readonly (int Height, int Width)[] shapes;
    private readonly int batch;
    private readonly BatchPool pool;
    private readonly OrderedPrefetch<DetectionBatch> prefetch;
    private readonly CancellationTokenSource disposed = new();

    /// <param name="dataset">Opened with the same <paramref name="imgsz"/>.</param>
    /// <param name="batch">Images a batch; the last may have fewer.</param>
    /// <param name="imgsz">Long side of the pictures at network scale.</param>
    /// <param name="rect">Rectangular batches.</param>
    /// <param name="workers">Threads; 0 works on the consumer's thread.</param>
    /// <exception cref="Core.InputException">A batch takes more pixels than one array can hold.</exception>
    public ValLoader(DetectionDataset dataset, int batch, int imgsz, bool rect, int workers)
    {
        ArgumentNullException.ThrowIfNull(dataset);
        ArgumentOutOfRangeException.ThrowIfLessThan(batch, 1);
        ArgumentOutOfRangeException.ThrowIfNegative(workers);
        if (dataset.ImageSize != imgsz) throw new ArgumentException($"the set was opened for {dataset.ImageSize} pixels, not {imgsz}", nameof(imgsz));
        this.dataset = dataset;
        this.batch = Math.Min(batch, dataset.Count);
        order = [.. Enumerable.Range(0, dataset.Count)];
        if (rect) order = [.. order.OrderBy(Aspect)];                           // stable
        shapes = [.. Enumerable.Range(0, Batches).Select(k => rect ? RectShape(Items(k), imgsz) : (imgsz, imgsz))];
        var (height, width) = shapes.MaxBy(s => (long)s.Height * s.Width);
        pool = BatchPool.For(this.batch, height, width, imgsz);
        prefetch = new OrderedPrefetch<DetectionBatch>(Make, workers);
    }

    public int Batches => (order.Length + batch - 1) / batch;

    /// <summary>Height and width of each batch.</summary>
    public IReadOnlyList<(int Height, int Width)> Shapes => shapes;

    /// <summary>Seconds that the consumer has waited for batches.</summary>
    public double WaitSeconds => prefetch.WaitSeconds;

    /// <summary>Every image once. Dispose each batch when its pixels are on the device.</summary>
    public IEnumerable<ImageBatch> All()
    {
        ObjectDisposedException.ThrowIf(disposed.IsCancellationRequested, this);
        return prefetch.Run(Batches, disposed.Token);
    }

    private double Aspect(int index) => (double)dataset.Labels[index].Height / dataset.Labels[index].Width;

    private ArraySegment<int> Items(int item) => new(order, item * batch, Math.Min(batch, order.Length - item * batch));

    private (int, int) RectShape(ArraySegment<int> items, int imgsz)
    {
        double min = items.Min(Aspect), max = items.Max(Aspect);
        // All wide: full width, the tallest's height. All tall: full height, the widest's width. Else square.
        double height = max < 1 ? max : 1, width = min > 1 ? 1 / min : 1;
        return (Side(height), Side(width));

        int Side(double share) => (int)Math.Ceiling(share * imgsz / Stride + 0.5) * Stride;
    }

    private DetectionBatch Make(int item, int worker, CancellationToken cancel)
    {
        var items = Items(item);
        var (height, width) = shapes[item];
        var buffer = pool.Rent();
        var targets = new List<float>();
        var samples = new SampleInfo[items.Count];
        for (int i = 0; i < items.Count; i++)
        {
            cancel.ThrowIfCancellationRequested();
            var labels = dataset.Labels[items[i]];
            var image = dataset.Load(items[i]);
            var (h, w) = Letterbox.ScaledSize(image.Height, image.Width, height, width, upscale: false);
            image = image.Resize(h, w);
            int bytes = height * width * 3;
            var info = Letterbox.Place(image, buffer.Span((i + 1) * bytes)[(i * bytes)..], height, width, labels.Path, labels.Height, labels.Width);
            samples[i] = info;
            foreach (var row in labels.Rows)
                targets.AddRange([
                    i, row.Class,
                    (row.X * image.Width + info.PadX) / width, (row.Y * image.Height + info.PadY) / height,
                    row.W * image.Width / width, row.H * image.Height / height]);
        }
        return new DetectionBatch(buffer) { N = items.Count, H = height, W = width, Targets = [.. targets], Samples = samples };
    }

    /// <summary>Ends a running pass and its threads.</summary>
    public void Dispose() => disposed.Cancel();
}
