using NativeTrain.Core;
using NativeTrain.Vision.Data;

namespace NativeTrain.Training;

/// <summary>The batches of one epoch after another, as a training takes them.</summary>
internal static class EndlessBatches
{
    /// <param name="epochs">Gives the batches of an epoch, from 0.</param>
    /// <param name="ahead">Where a batch's pixels are sent while the batch before is computed; null: nowhere.</param>
    public static IEnumerable<(ImageBatch Batch, int Epoch, int Step)> Of(Func<int, IEnumerable<ImageBatch>> epochs, IBackend? ahead = null)
    {
        for (int epoch = 0; ; epoch++)
        {
            int step = 0;
            var batches = epochs(epoch);
            foreach (var batch in ahead is null ? batches : UploadAhead.Of(batches, ahead)) yield return (batch, epoch, step++);
        }
    }
}
