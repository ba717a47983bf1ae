using NativeTrain.Core;

namespace NativeTrain.Vision.Data;

/// <summary>
/// Centre-cropped batches for validating a classifier, in the set's order, the same every time. A batch whose pictures have
/// the network's size and lie one behind the other in the cache is not copied: its pixels are the cache's.
/// </summary>
public sealed class ClassifyValLoader : IValLoader
{
    private readonly ClassifyDataset dataset;
    private readonly int batch, size;
    private readonly double cropFraction;
    private readonly BatchPool pool;
    private readonly OrderedPrefetch<ClassifyBatch> prefetch;
    private readonly CancellationTokenSource disposed = new();

    /// <param name="dataset">The pictures.</param>
    /// <param name="batch">Pictures a batch; the last may have fewer.</param>
    /// <param name="imgsz">Side of the square pictures.</param>
    /// <param name="cropFraction">The part of the short side that <see cref="CentreCrop"/> keeps.</param>
    /// <param name="workers">Threads; 0 works on the consumer's thread.</param>
    /// <param name="memory">Makes the buffers of pixels (<see cref="IBackend.AllocateHost"/>); null: ordinary memory.</param>
    /// <param name="shard">Which batches to make; null: all.</param>
    /// <exception cref="InputException">A batch takes more pixels than one array can hold.</exception>
    public ClassifyValLoader(ClassifyDataset dataset, int batch, int imgsz, double cropFraction, int workers, Func<int, HostBlock>? memory = null, Shard? shard = null)
    {
        ArgumentNullException.ThrowIfNull(dataset);
        ArgumentOutOfRangeException.ThrowIfLessThan(batch, 1);
        ArgumentOutOfRangeException.ThrowIfNegative(workers);
        this.dataset = dataset;
        Shard = shard ?? Shard.Whole;
        this.batch = Math.Min(batch, dataset.Count);
        this.cropFraction = cropFraction;
        size = imgsz;
        pool = BatchPool.For(this.batch, size, size, imgsz, memory);
        prefetch = new OrderedPrefetch<ClassifyBatch>(Make, workers);
    }

    public int Batches => (dataset.Count + batch - 1) / batch;

    public Shard Shard { get; }

    public IReadOnlyList<(int Height, int Width)> Shapes => [.. Enumerable.Repeat((size, size), Batches)];

    /// <summary>Every picture once. Dispose each batch when its pixels are on the device.</summary>
    public IEnumerable<ImageBatch> All()
    {
        ObjectDisposedException.ThrowIf(disposed.IsCancellationRequested, this);
        return prefetch.Run(Shard.Count(Batches), disposed.Token);
    }

    private ClassifyBatch Make(int place, int worker, CancellationToken cancel)
    {
        int first = Shard.Batch(place) * batch, n = Math.Min(batch, dataset.Count - first);
        return CentreCrop.KeepsAll(size, cropFraction) && dataset.Batch(Enumerable.Range(first, n), size, size) is { } stored
            ? Fill(new PixelBuffer(stored), isFull: true, first, n, cancel)
            : pool.Rent(buffer => Fill(buffer, isFull: false, first, n, cancel));
    }

    /// <param name="buffer">The batch's pixels.</param>
    /// <param name="isFull">Whether they are there already.</param>
    /// <param name="first">Its first picture.</param>
    /// <param name="n">Its pictures.</param>
    /// <param name="cancel">Asks to give up.</param>
    private ClassifyBatch Fill(PixelBuffer buffer, bool isFull, int first, int n, CancellationToken cancel)
    {
        int bytes = size * size * 3;
        var classes = new int[n];
        var samples = new SampleInfo[n];
        for (int i = 0; i < n; i++)
        {
            cancel.ThrowIfCancellationRequested();
            var image = dataset.Images[first + i];
            samples[i] = isFull
                ? new SampleInfo(image.Path, size, size, 1, 1, 0, 0)
                : CentreCrop.Fit(dataset.Load(first + i), buffer.Span((i + 1) * bytes)[(i * bytes)..], size, cropFraction, image.Path);
            classes[i] = image.Class;
        }
        return new ClassifyBatch(buffer) { N = n, H = size, W = size, Classes = classes, Samples = samples };
    }

    /// <summary>Ends a running pass and its threads.</summary>
    public void Dispose()
    {
        disposed.Cancel();
        prefetch.Dispose();
        pool.Dispose();
    }
}
