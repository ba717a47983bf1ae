using NativeTrain.Core;

namespace NativeTrain.Vision.Data;

/// <summary>
/// Augmented, shuffled batches for training a classifier. A sample is a function of (seed, epoch, image) and the order
/// of (seed, epoch): whatever the number of workers, every byte is the same.
/// </summary>
public sealed class ClassifyTrainLoader : ITrainLoader
{
    private readonly ClassifyDataset dataset;
    private readonly int batch, size, seed, workers;
    private readonly BatchPool pool;
    private readonly ClassifyAugmenter[] augmenters;
    private readonly CancellationTokenSource disposed = new();
    private OrderedPrefetch<ClassifyBatch>? prefetch;
    private double waitSeconds;
    private readonly Shard shard;

    /// <param name="dataset">The pictures.</param>
    /// <param name="batch">Pictures a batch; the last of an epoch may have fewer.</param>
    /// <param name="imgsz">Side of the square pictures.</param>
    /// <param name="options">Strengths of augmentation.</param>
    /// <param name="workers">Threads; 0 works on the consumer's thread.</param>
    /// <param name="seed">The run's seed.</param>
    /// <param name="memory">Makes the buffers of pixels (<see cref="IBackend.AllocateHost"/>); null: ordinary memory.</param>
    /// <param name="shard">Which part of every batch to make; null: all of it.</param>
    /// <exception cref="InputException">A batch takes more pixels than one array can hold.</exception>
    public ClassifyTrainLoader(ClassifyDataset dataset, int batch, int imgsz, ClassifyAugmentOptions options, int workers, int seed, Func<int, HostBlock>? memory = null, Shard? shard = null)
    {
        ArgumentNullException.ThrowIfNull(dataset);
        ArgumentNullException.ThrowIfNull(options);
        ArgumentOutOfRangeException.ThrowIfLessThan(batch, 1);
        ArgumentOutOfRangeException.ThrowIfNegative(workers);
        this.dataset = dataset;
        this.batch = Math.Min(batch, dataset.Count);
        this.workers = workers;
        this.seed = seed;
        size = imgsz;
        this.shard = shard ?? Shard.Whole;
        pool = BatchPool.For(this.shard.Most(this.batch), size, size, imgsz, memory);
        augmenters = [.. Enumerable.Range(0, Math.Max(1, workers)).Select(_ => new ClassifyAugmenter(options, size))];
    }

    public int BatchesPerEpoch => (dataset.Count + batch - 1) / batch;

    /// <summary>Notes what the threads do when; null: nobody does.</summary>
    public ITimeline? Timeline { get; init; }

    public (int Height, int Width) LargestShape => (size, size);

    public double WaitSeconds => waitSeconds + (prefetch?.WaitSeconds ?? 0);

    /// <summary>
    /// The batches of one epoch, which threads make from this call on, each picture once; an epoch that is not over ends. Dispose each
    /// batch when its pixels are on the device. Ends with an <see cref="OperationCanceledException"/> when the loader is disposed meanwhile.
    /// </summary>
    /// <param name="epoch">0-based.</param>
    /// <param name="mosaic">Of no effect: no augmentation of a classifier joins pictures.</param>
    /// <param name="first">The batch to begin with.</param>
    public IEnumerable<ImageBatch> Epoch(int epoch, bool mosaic, int first = 0)
    {
        ObjectDisposedException.ThrowIf(disposed.IsCancellationRequested, this);
        waitSeconds = WaitSeconds;
        prefetch?.Dispose();
        int[] order = new SampleRandom(seed, epoch, -1).Permutation(dataset.Count);
        prefetch = new OrderedPrefetch<ClassifyBatch>((i, worker, cancel) => Make(order, first + i, epoch, augmenters[worker], cancel), workers);
        return prefetch.Run(BatchesPerEpoch - first, disposed.Token);
    }

    private ClassifyBatch Make(int[] order, int item, int epoch, ClassifyAugmenter augmenter, CancellationToken cancel)
    {
        using var span = Timeline.Span("loader", "batch", item);
        return pool.Rent(buffer => Fill(buffer, order, item, epoch, augmenter, cancel));
    }

    private ClassifyBatch Fill(PixelBuffer buffer, int[] order, int item, int epoch, ClassifyAugmenter augmenter, CancellationToken cancel)
    {
        var whole = new ArraySegment<int>(order, item * batch, Math.Min(batch, order.Length - item * batch));
        var items = shard.Of(whole);
        int n = items.Count, bytes = size * size * 3;
        var classes = new int[n];
        var samples = new SampleInfo[n];
        for (int i = 0; i < n; i++)
        {
            cancel.ThrowIfCancellationRequested();
            int index = items[i];
            var image = dataset.Images[index];
            var random = new SampleRandom(seed, epoch, index);
            using (Timeline.Span("loader", "augment", index, image.Path))
                augmenter.Make(dataset.Load(index), ref random, buffer.Span((i + 1) * bytes)[(i * bytes)..]);
            using var collating = Timeline.Span("loader", "collate", index);
            classes[i] = image.Class;
            // A random crop has no use for a way back to the file; what is known of the sample is which picture it is.
            samples[i] = new SampleInfo(image.Path, image.Height, image.Width, 1, 1, 0, 0);
        }
        return new ClassifyBatch(buffer) { N = n, Whole = whole.Count, H = size, W = size, Classes = classes, Samples = samples };
    }

    /// <summary>Ends a running epoch and its threads.</summary>
    public void Dispose()
    {
        disposed.Cancel();
        prefetch?.Dispose();
        pool.Dispose();
    }
}
