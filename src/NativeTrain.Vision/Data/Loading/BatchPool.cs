using System.Collections.Concurrent;
using NativeTrain.Core;

namespace NativeTrain.Vision.Data;

/// <summary>Pixel buffers of one size that loaders fill again and again.</summary>
internal sealed class BatchPool(int bytes)
{
    private readonly ConcurrentBag<byte[]> free = [];

    /// <summary>Buffers for a batch of RGB pictures of height × width.</summary>
    /// <exception cref="InputException">One array cannot hold so many bytes.</exception>
    public static BatchPool For(int batch, int height, int width, int imgsz)
    {
        long bytes = 3L * batch * height * width;
        return bytes <= Array.MaxLength
            ? new BatchPool((int)bytes)
            : throw new InputException($"{batch} images at imgsz={imgsz} take more than 2 GB of pixels; lower batch or imgsz");
    }

    /// <summary>A buffer with undefined contents that comes back when it is disposed.</summary>
    public PixelBuffer Rent() =>
        new(free.TryTake(out byte[]? buffer) ? buffer : GC.AllocateUninitializedArray<byte>(bytes), free.Add);
}
