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

    public byte[] Rent() => free.TryTake(out var buffer) ? buffer : GC.AllocateUninitializedArray<byte>(bytes);

    public void Return(byte[] buffer) => free.Add(buffer);
}

/// <summary>A batch whose pixels lie in a pooled buffer.</summary>
internal sealed class PooledBatch(BatchPool pool, byte[] buffer) : DetectionBatch
{
    private byte[]? buffer = buffer;

    public override ReadOnlySpan<byte> Images
    {
        get
        {
            ObjectDisposedException.ThrowIf(buffer is null, this);
            return buffer.AsSpan(0, N * H * W * 3);
        }
    }

    public override void Dispose()
    {
        if (Interlocked.Exchange(ref buffer, null) is { } mine) pool.Return(mine);
    }
}
