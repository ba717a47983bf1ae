using NativeTrain.Core;
using NativeTrain.Vision.Images;

namespace NativeTrain.Vision.Data;

/// <summary>
/// Augmented, shuffled batches for training. A sample is a function of (seed, epoch, image), the order of (seed, epoch)
/// and a batch's size of (seed, epoch, batch): whatever the number of workers, every byte is the same.
/// </summary>
public sealed class TrainLoader : ITrainLoader
{
    private readonly DetectionDataset dataset;
    private readonly RectBatches batches;
    private readonly bool rect;
    private readonly MultiScale scale;
    private readonly int seed;
    private readonly BatchPool pool;
    private readonly Worker[] scratch;
    private readonly CancellationTokenSource disposed = new();
    private OrderedPrefetch<DetectionBatch>? prefetch;
    private double waitSeconds;
    private readonly int workers;
    private readonly Shard shard;

    /// <param name="dataset">Opened with the same <paramref name="imgsz"/>.</param>
    /// <param name="batch">Images a batch; the last of an epoch may have fewer.</param>
    /// <param name="imgsz">Long side of the pictures.</param>
    /// <param name="options">Strengths of augmentation.</param>
    /// <param name="workers">Threads; 0 works on the consumer's thread.</param>
    /// <param name="seed">The run's seed.</param>
    /// <param name="rect">Batches of images of similar aspect ratio, in the smallest shape that holds them; the order of the batches changes, not what is in them, and there is neither mosaic nor mixup.</param>
    /// <param name="multiScale">Each batch is resized to a long side between 1 − this and 1 + this times imgsz; 0: never.</param>
    /// <param name="memory">Makes the buffers of pixels (<see cref="IBackend.AllocateHost"/>); null: ordinary memory.</param>
    /// <param name="shard">Which part of every batch to make; null: all of it.</param>
    /// <exception cref="InputException">A batch takes more pixels than one array can hold.</exception>
    public TrainLoader(DetectionDataset dataset, int batch, int imgsz, AugmentOptions options, int workers, int seed, bool rect = false, double multiScale = 0, Func<int, HostBlock>? memory = null, Shard? shard = null)
    {
        ArgumentNullException.ThrowIfNull(dataset);
        ArgumentOutOfRangeException.ThrowIfLessThan(batch, 1);
        ArgumentOutOfRangeException.ThrowIfNegative(workers);
        if (multiScale is not (>= 0 and < 1)) throw new ArgumentOutOfRangeException(nameof(multiScale), "a part from 0 to below 1");
        if (dataset.ImageSize != imgsz) throw new ArgumentException($"the set was opened for {dataset.ImageSize} pixels, not {imgsz}", nameof(imgsz));
        this.dataset = dataset;
        this.workers = workers;
        this.seed = seed;
        this.rect = rect;
        this.shard = shard ?? Shard.Whole;
        batches = new RectBatches(dataset, batch, imgsz, rect, margin: 0);
        scale = new MultiScale(imgsz, multiScale);
        var (height, width) = LargestShape;
        pool = BatchPool.For(this.shard.Most(batches.BatchSize), height, width, imgsz, memory);
        scratch = [.. Enumerable.Range(0, Math.Max(1, workers)).Select(_ => new Worker(dataset, options))];
    }

    /// <summary>What a thread works with.</summary>
    private sealed class Worker(DetectionDataset dataset, AugmentOptions options)
    {
        public Augmenter Augmenter { get; } = new(dataset, options);
        public OverlapMask? Overlap { get; } = dataset.HasMasks ? new OverlapMask() : null;
        public List<PixelBox> Boxes { get; } = [];
        public byte[] Picture { get; set; } = [];
    }

    public int BatchesPerEpoch => batches.Count;

    /// <summary>Notes what the threads do when; null: nobody does.</summary>
    public ITimeline? Timeline { get; init; }

    /// <summary>Images of a full batch.</summary>
    public int BatchSize => batches.BatchSize;

    public (int Height, int Width) LargestShape => scale.Largest(batches.Largest);

    /// <summary>Seconds that the consumer has waited for batches; high against the epoch's time, loading is the bottleneck.</summary>
    public double WaitSeconds => waitSeconds + (prefetch?.WaitSeconds ?? 0);

    /// <summary>
    /// The batches of one epoch, which threads make from this call on, each image once; an epoch that is not over ends. Dispose each
    /// batch when its pixels are on the device. Ends with an <see cref="OperationCanceledException"/> when the loader is disposed meanwhile.
    /// </summary>
    /// <param name="epoch">0-based.</param>
    /// <param name="mosaic">False for the closing epochs: neither mosaic nor mixup.</param>
    /// <param name="first">The batch to begin with.</param>
    public IEnumerable<ImageBatch> Epoch(int epoch, bool mosaic, int first = 0)
    {
        ObjectDisposedException.ThrowIf(disposed.IsCancellationRequested, this);
        waitSeconds = WaitSeconds;
        prefetch?.Dispose();
        var random = new SampleRandom(seed, epoch, -1);
        int[] order = random.Permutation(rect ? batches.Count : dataset.Count);
        prefetch = new OrderedPrefetch<DetectionBatch>((i, worker, cancel) => Item(first + i, worker, cancel), workers);
        return prefetch.Run(BatchesPerEpoch - first, disposed.Token);

        DetectionBatch Item(int item, int worker, CancellationToken cancel) => rect
            ? Make(batches.Items(order[item]), batches.Shapes[order[item]], item, epoch, mosaic: false, scratch[worker], cancel)
            : Make(new(order, item * BatchSize, Math.Min(BatchSize, order.Length - item * BatchSize)), batches.Shapes[item], item, epoch, mosaic, scratch[worker], cancel);
    }

    private DetectionBatch Make(ArraySegment<int> whole, (int Height, int Width) made, int item, int epoch, bool mosaic, Worker worker, CancellationToken cancel)
    {
        using var span = Timeline.Span("loader", "batch", item);
        return pool.Rent(buffer => Fill(buffer, whole, made, item, epoch, mosaic, worker, cancel));
    }

    private DetectionBatch Fill(PixelBuffer buffer, ArraySegment<int> whole, (int Height, int Width) made, int item, int epoch, bool mosaic, Worker worker, CancellationToken cancel)
    {
        var items = shard.Of(whole);
        var (height, width) = scale.Draw(made, seed, epoch, item);
        var targets = new TargetRows(items.Count, height, width, worker.Overlap);
        var samples = new SampleInfo[items.Count];
        int bytes = height * width * 3;
        for (int i = 0; i < items.Count; i++)
        {
            cancel.ThrowIfCancellationRequested();
            var random = new SampleRandom(seed, epoch, items[i]);
            var labels = dataset.Labels[items[i]];
            using (Timeline.Span("loader", "augment", items[i], labels.Path))
                MakePicture(items[i], ref random, mosaic, made, buffer.Span((i + 1) * bytes)[(i * bytes)..], (height, width), worker);
            using var collating = Timeline.Span("loader", "collate", items[i]);
            foreach (var b in worker.Boxes)
                targets.Add(i, b.Class,
                    (b.X1 + b.X2) / 2 / made.Width, (b.Y1 + b.Y2) / 2 / made.Height, b.Width / made.Width, b.Height / made.Height,
                    worker.Overlap is null ? null : Outline.Scale(b.Polygon, (float)width / made.Width, (float)height / made.Height));
            targets.EndImage(i);
            // A mosaic has no single way back to a file; what is known of the sample is which image it is about.
            samples[i] = new SampleInfo(labels.Path, labels.Height, labels.Width, 1, 1, 0, 0);
        }
        return new DetectionBatch(buffer) { N = items.Count, Whole = whole.Count, H = height, W = width, Targets = targets.Rows, Masks = targets.Masks, Polygons = targets.Polygons, Samples = samples };
    }

    /// <summary>Makes a sample in one shape and, where the batch has another, resizes it.</summary>
    private static void MakePicture(int index, ref SampleRandom random, bool mosaic, (int Height, int Width) made, Span<byte> output, (int Height, int Width) wanted, Worker worker)
    {
        if (made == wanted)
        {
            worker.Augmenter.Make(index, ref random, mosaic, output, made.Height, made.Width, worker.Boxes);
            return;
        }
        int bytes = made.Height * made.Width * 3;
        if (worker.Picture.Length < bytes) worker.Picture = new byte[bytes];
        worker.Augmenter.Make(index, ref random, mosaic, worker.Picture, made.Height, made.Width, worker.Boxes);
        NativeImage.Resize(worker.Picture, made.Height, made.Width, output, wanted.Height, wanted.Width);
    }

    /// <summary>Ends a running epoch and its threads.</summary>
    public void Dispose()
    {
        disposed.Cancel();
        prefetch?.Dispose();
        pool.Dispose();
    }
}
