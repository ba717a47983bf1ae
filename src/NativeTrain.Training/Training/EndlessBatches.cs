using NativeTrain.Core;
using NativeTrain.Vision.Data;

namespace NativeTrain.Training;

/// <summary>The batches of one epoch after another, as a training takes them.</summary>
internal static class EndlessBatches
{
    /// <param name="loader">Makes them.</param>
    /// <param name="recipe">Says in which epochs there are mosaics.</param>
    /// <param name="ahead">Where a batch's pixels are sent while the batch before is computed; null: nowhere.</param>
    public static IEnumerable<(ImageBatch Batch, int Epoch, int Step)> Of(ITrainLoader loader, Recipe recipe, IBackend? ahead = null)
    {
        for (int epoch = 0; ; epoch++)
        {
            int step = 0;
            var batches = loader.Epoch(epoch, recipe.MosaicIn(epoch));
            foreach (var batch in ahead is null ? batches : UploadAhead.Of(batches, ahead)) yield return (batch, epoch, step++);
        }
    }
}
