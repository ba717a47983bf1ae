namespace NativeTrain.Vision.Data;

/// <summary>Augmented, shuffled batches for training: the same bytes for the same seed and epoch, whatever the number of workers.</summary>
public interface ITrainLoader : IDisposable
{
    int BatchesPerEpoch { get; }

    /// <summary>The height and width with the most pixels that a batch can have.</summary>
    (int Height, int Width) LargestShape { get; }

    /// <summary>Seconds that the consumer has waited for batches; high against the epoch's time, loading is the bottleneck.</summary>
    double WaitSeconds { get; }

    /// <summary>The batches of one epoch, each image once. Dispose each batch when its pixels are on the device.</summary>
    /// <param name="epoch">0-based.</param>
    /// <param name="mosaic">False for the closing epochs: none of the augmentations that join pictures.</param>
    IEnumerable<ImageBatch> Epoch(int epoch, bool mosaic);
}

/// <summary>Batches for validation, the same every time.</summary>
public interface IValLoader : IDisposable
{
    int Batches { get; }

    /// <summary>Height and width of each batch in pixels.</summary>
    IReadOnlyList<(int Height, int Width)> Shapes { get; }

    /// <summary>Every image once. Dispose each batch when its pixels are on the device.</summary>
    IEnumerable<ImageBatch> All();
}
