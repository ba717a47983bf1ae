namespace NativeTrain.Vision.Data;

/// <summary>Augmented, shuffled batches for training: the same bytes for the same seed and epoch, whatever the number of workers.</summary>
public interface ITrainLoader : IDisposable
{
    int BatchesPerEpoch { get; }

    /// <summary>The height and width with the most pixels that a batch can have.</summary>
    (int Height, int Width) LargestShape { get; }

    /// <summary>Seconds that the consumer has waited for batches; high against the epoch's time, loading is the bottleneck.</summary>
    double WaitSeconds { get; }

    /// <summary>
    /// The batches of one epoch, each image once, to be walked through once. Threads make them from this call on, so that the first
    /// can be there when it is asked for; an epoch that is not over ends. Dispose each batch when its pixels are on the device.
    /// </summary>
    /// <param name="epoch">0-based.</param>
    /// <param name="mosaic">False for the closing epochs: none of the augmentations that join pictures.</param>
    /// <param name="first">The batch to begin with: those before it are done.</param>
    IEnumerable<ImageBatch> Epoch(int epoch, bool mosaic, int first = 0);
}

/// <summary>Batches for validation, the same every time.</summary>
public interface IValLoader : IDisposable
{
    /// <summary>Of all processes.</summary>
    int Batches { get; }

    /// <summary>Which of them are this process's.</summary>
    Shard Shard { get; }

    /// <summary>Height and width of each batch in pixels.</summary>
    IReadOnlyList<(int Height, int Width)> Shapes { get; }

    /// <summary>Every image of the shard once, to be walked through once; threads make them from this call on. Dispose each batch when its pixels are on the device.</summary>
    IEnumerable<ImageBatch> All();
}
