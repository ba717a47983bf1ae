using NativeTrain.Core;
using NativeTrain.Vision.Images;

namespace NativeTrain.Vision.Data;

/// <summary>
/// Letterboxed batches for validation, the same every time. With <c>rect</c>, images are sorted by aspect ratio and
/// each batch has the smallest shape that holds its images, in whole strides plus half a stride of margin; without,
/// every batch is square. A batch whose pictures need neither scale nor grey and lie one behind the other in the cache is
/// not copied: its pixels are the cache's.
/// </summary>
public sealed class ValLoader : IValLoader
{
    // Strides around each batch's images: borders are seen with some grey around them, as at squares.
    private const double Margin = 0.5;

    private readonly DetectionDataset dataset;
    private readonly RectBatches batches;
    private readonly OverlapMask[]? overlap;
    private readonly BatchPool pool;
    private readonly OrderedPrefetch<DetectionBatch> prefetch;
    private readonly CancellationTokenSource disposed = new();

    /// <param name="dataset">Opened with the same <paramref name="imgsz"/>.</param>
    /// <param name="batch">Images a batch; the last may have fewer.</param>
    /// <param name="imgsz">Long side of the pictures at network scale.</param>
    /// <param name="rect">Rectangular batches.</param>
    /// <param name="workers">Threads; 0 works on the consumer's thread.</param>
    /// <param name="memory">Makes the buffers of pixels (<see cref="IBackend.AllocateHost"/>); null: ordinary memory.</param>
    /// <param name="shard">Which batches to make; null: all.</param>
    /// <exception cref="InputException">A batch takes more pixels than one array can hold.</exception>
    public ValLoader(DetectionDataset dataset, int batch, int imgsz, bool rect, int workers, Func<int, HostBlock>? memory = null, Shard? shard = null)
    {
        ArgumentNullException.ThrowIfNull(dataset);
        ArgumentOutOfRangeException.ThrowIfLessThan(batch, 1);
        ArgumentOutOfRangeException.ThrowIfNegative(workers);
        if (dataset.ImageSize != imgsz) throw new ArgumentException($"the set was opened for {dataset.ImageSize} pixels, not {imgsz}", nameof(imgsz));
        this.dataset = dataset;
        Shard = shard ?? Shard.Whole;
        batches = new RectBatches(dataset, batch, imgsz, rect, Margin);
        pool = BatchPool.For(batches.BatchSize, batches.Largest.Height, batches.Largest.Width, imgsz, memory);
        if (dataset.HasMasks) overlap = [.. Enumerable.Range(0, Math.Max(1, workers)).Select(_ => new OverlapMask())];
        prefetch = new OrderedPrefetch<DetectionBatch>(Make, workers);
    }

    public int Batches => batches.Count;

    public Shard Shard { get; }

    /// <summary>Height and width of each batch.</summary>
    public IReadOnlyList<(int Height, int Width)> Shapes => batches.Shapes;

    /// <summary>Every image once. Dispose each batch when its pixels are on the device.</summary>
    public IEnumerable<ImageBatch> All()
    {
        ObjectDisposedException.ThrowIf(disposed.IsCancellationRequested, this);
        return prefetch.Run(Shard.Count(Batches), disposed.Token);
    }

    private DetectionBatch Make(int place, int worker, CancellationToken cancel)
    {
        int item = Shard.Batch(place);
        var items = batches.Items(item);
        var (height, width) = batches.Shapes[item];
        return dataset.Batch(items, height, width) is { } stored
            ? Fill(new PixelBuffer(stored), isFull: true, items, height, width, worker, cancel)
            : pool.Rent(buffer => Fill(buffer, isFull: false, items, height, width, worker, cancel));
    }

    /// <param name="buffer">The batch's pixels.</param>
    /// <param name="isFull">Whether they are there already.</param>
    /// <param name="items">Its images.</param>
    /// <param name="height">Rows of a picture.</param>
    /// <param name="width">Columns of a picture.</param>
    /// <param name="worker">The thread.</param>
    /// <param name="cancel">Asks to give up.</param>
    private DetectionBatch Fill(PixelBuffer buffer, bool isFull, ArraySegment<int> items, int height, int width, int worker, CancellationToken cancel)
    {
        var targets = new TargetRows(items.Count, height, width, overlap?[worker]);
        var samples = new SampleInfo[items.Count];
        for (int i = 0; i < items.Count; i++)
        {
            cancel.ThrowIfCancellationRequested();
            var labels = dataset.Labels[items[i]];
            var image = dataset.Load(items[i]);
            var (h, w) = Letterbox.ScaledSize(image.Height, image.Width, height, width, upscale: false);
            image = image.Resize(h, w);
            int bytes = height * width * 3;
            var info = isFull
                ? Letterbox.Place(image, height, width, labels.Path, labels.Height, labels.Width)
                : Letterbox.Place(image, buffer.Span((i + 1) * bytes)[(i * bytes)..], height, width, labels.Path, labels.Height, labels.Width);
            samples[i] = info;
            foreach (var row in labels.Rows)
                targets.Add(i, row.Class,
                    (row.X * image.Width + info.PadX) / width, (row.Y * image.Height + info.PadY) / height,
                    row.W * image.Width / width, row.H * image.Height / height,
                    overlap is null ? null : Outline.Scale(row.Polygon, image.Width, image.Height, info.PadX, info.PadY));
            targets.EndImage(i);
        }
        return new DetectionBatch(buffer) { N = items.Count, H = height, W = width, Targets = targets.Rows, Masks = targets.Masks, Polygons = targets.Polygons, Samples = samples };
    }

    /// <summary>Ends a running pass and its threads.</summary>
    public void Dispose()
    {
        disposed.Cancel();
        prefetch.Dispose();
        pool.Dispose();
    }
}
