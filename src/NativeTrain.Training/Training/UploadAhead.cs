using NativeTrain.Core;
using NativeTrain.Vision.Data;

namespace NativeTrain.Training;

/// <summary>
/// Holds each batch back until the next one is there, so that a batch's pixels travel to the device while it computes the batch
/// before. A device that computes in the host's memory has them already and waits for nothing.
/// </summary>
internal static class UploadAhead
{
    /// <summary>The same batches in the same order; one that nobody took is disposed.</summary>
    public static IEnumerable<ImageBatch> Of(IEnumerable<ImageBatch> batches, IBackend backend) =>
        backend.MemoryLeft.OfHost ? batches : HeldBack(batches, backend);

    private static IEnumerable<ImageBatch> HeldBack(IEnumerable<ImageBatch> batches, IBackend backend)
    {
        ImageBatch? uploading = null;
        try
        {
            foreach (var batch in batches)
            {
                backend.Prefetch(batch.Images);
                (var ready, uploading) = (uploading, batch);
                if (ready is not null) yield return ready;
            }
            (var last, uploading) = (uploading, null);
            if (last is not null) yield return last;
        }
        finally
        {
            uploading?.Dispose();
        }
    }
}
