using System.Collections.Concurrent;

namespace NativeTrain.Vision.Data;

/// <summary>Pixel buffers of one size that loaders fill again and again.</summary>
internal sealed class BatchPool(int bytes)
{
    private readonly ConcurrentBag<byte[]> free = [];

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
