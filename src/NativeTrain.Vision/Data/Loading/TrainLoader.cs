namespace NativeTrain.Vision.Data;

/// <summary>
/// Augmented, shuffled batches for training. A sample is a function of (seed, epoch, image) and the order of (seed,
/// epoch): whatever the number of workers, every byte is the same.
/// </summary>
public sealed class TrainLoader : ITrainLoader
{
    private readonly DetectionDataset dataset;
    private readonly int batch;
    private readonly int size;
    private readonly int seed;
    private readonly BatchPool pool;
    private readonly Augmenter[] augmenters;
    private readonly CancellationTokenSource disposed = new();
    private OrderedPrefetch<DetectionBatch>? prefetch;
    private double waitSeconds;
    private readonly int workers;

    /// <param name="dataset">Opened with the same <paramref name="imgsz"/>.</param>
    /// <param name="batch">Images a batch; the last of an epoch may have fewer.</param>
    /// <param name="imgsz">Side of the square pictures.</param>
    /// <param name="options">Strengths of augmentation.</param>
    /// <param name="workers">Threads; 0 works on the consumer's thread.</param>
    /// <param name="seed">The run's seed.</param>
    /// <exception cref="Core.InputException">A batch takes more pixels than one array can hold.</exception>
    public TrainLoader(DetectionDataset dataset, int batch, int imgsz, AugmentOptions options, int workers, int seed)
    {
        ArgumentNullException.ThrowIfNull(dataset);
        ArgumentOutOfRangeException.ThrowIfLessThan(batch, 1);
        ArgumentOutOfRangeException.ThrowIfNegative(workers);
        if (dataset.ImageSize != imgsz) throw new ArgumentException($"the set was opened for {dataset.ImageSize} pixels, not {imgsz}", nameof(imgsz));
        this.dataset = dataset;
        this.batch = Math.Min(batch, dataset.Count);
        this.workers = workers;
        this.seed = seed;
        size = imgsz;
        pool = BatchPool.For(this.batch, size, size, imgsz);
        augmenters = [.. Enumerable.Range(0, Math.Max(1, workers)).Select(_ => new Augmenter(dataset, options))];
    }

    public int BatchesPerEpoch => (dataset.Count + batch - 1) / batch;

    /// <summary>Seconds that the consumer has waited for batches; high against the epoch's time, loading is the bottleneck.</summary>
    public double WaitSeconds => waitSeconds + (prefetch?.WaitSeconds ?? 0);

    /// <summary>
    /// The batches of one epoch, each image once. Dispose each batch when its pixels are on the device. Ends with an
    /// <see cref="OperationCanceledException"/> when the loader is disposed meanwhile.
    /// </summary>
    /// <param name="epoch">0-based.</param>
    /// <param name="mosaic">False for the closing epochs: neither mosaic nor mixup.</param>
    public IEnumerable<ImageBatch> Epoch(int epoch, bool mosaic)
    {
        ObjectDisposedException.ThrowIf(disposed.IsCancellationRequested, this);
        waitSeconds = WaitSeconds;
        int[] order = new SampleRandom(seed, epoch, -1).Permutation(dataset.Count);
        prefetch = new OrderedPrefetch<DetectionBatch>((item, worker, cancel) => Make(order, item, epoch, mosaic, augmenters[worker], cancel), workers);
        return prefetch.Run(BatchesPerEpoch, disposed.Token);
    }

    private DetectionBatch Make(int[] order, int item, int epoch, bool mosaic, Augmenter augmenter, CancellationToken cancel)
    {
        int first = item * batch, n = Math.Min(batch, order.Length - first);
        var buffer = pool.Rent();
        var targets = new List<float>();
        var samples = new SampleInfo[n];
        var boxes = new List<PixelBox>();
        for (int i = 0; i < n; i++)
        {
            cancel.ThrowIfCancellationRequested();
            int index = order[first + i];
            var random = new SampleRandom(seed, epoch, index);
            augmenter.Make(index, ref random, mosaic, buffer.Span((i + 1) * size * size * 3)[(i * size * size * 3)..], boxes);
            foreach (var b in boxes)
                targets.AddRange([i, b.Class, (b.X1 + b.X2) / 2 / size, (b.Y1 + b.Y2) / 2 / size, b.Width / size, b.Height / size]);
            var labels = dataset.Labels[index];
            // A mosaic has no single way back to a file; what is known of the sample is which image it is about.
            samples[i] = new SampleInfo(labels.Path, labels.Height, labels.Width, 1, 1, 0, 0);
        }
        return new DetectionBatch(buffer) { N = n, H = size, W = size, Targets = [.. targets], Samples = samples };
    }

    /// <summary>Ends a running epoch and its threads.</summary>
    public void Dispose() => disposed.Cancel();
}
