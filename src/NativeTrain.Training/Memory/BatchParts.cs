using NativeTrain.Core;
using NativeTrain.Vision.Data;

namespace NativeTrain.Training;

/// <summary>
/// Computes a batch in as many parts as memory demands: whole at first, and from the time that memory ran out on in two,
/// four, … parts of at most ⌈N / parts⌉ images.
/// </summary>
/// <param name="allocator">Trimmed where memory ran out.</param>
/// <param name="progress">Told of it.</param>
/// <param name="divides">False: a batch stays whole, and an end of memory ends the run. (Of several processes one cannot begin anew by itself.)</param>
internal sealed class BatchParts(IAllocator allocator, ITrainingProgress progress, bool divides = true)
{
    /// <summary>Parts of a batch.</summary>
    public int Count { get; set; } = 1;

    /// <summary>Mean losses of a batch over its parts, weighted by their images.</summary>
    /// <param name="batch">The batch.</param>
    /// <param name="compute">Computes one part; may run out of memory at any point.</param>
    /// <param name="undo">Takes back what the parts so far have left behind: the batch begins anew.</param>
    /// <exception cref="OutOfDeviceMemoryException">There is not even enough for one image.</exception>
    public LossItems Run(ImageBatch batch, Func<ImageBatch, LossItems> compute, Action undo)
    {
        while (true)
        {
            try
            {
                return RunOnce(batch, compute);
            }
            catch (OutOfDeviceMemoryException e) when (divides && Count < batch.N)
            {
                undo();
                allocator.Trim();
                Count *= 2;
                progress.OnMessage($"{e.Message.Split(';')[0]}: training goes on with each batch in {Count} parts of {Size(batch.N)}; nothing is lost");
            }
        }
    }

    private LossItems RunOnce(ImageBatch batch, Func<ImageBatch, LossItems> compute)
    {
        if (Count == 1) return compute(batch);
        LossItems? mean = null;
        for (int first = 0; first < batch.N; first += Size(batch.N))
        {
            var part = batch.Part(first, Math.Min(Size(batch.N), batch.N - first));
            var items = compute(part);
            mean = mean is null ? items : mean.Mean(items, first, part.N);
        }
        return mean!;
    }

    private int Size(int images) => (images + Count - 1) / Count;
}
