using System.Collections.Concurrent;
using NativeTrain.Core;

namespace NativeTrain.Vision.Data;

/// <summary>Pixel buffers of one size that loaders fill again and again, in memory that the device likes to copy from.</summary>
internal sealed class BatchPool : IDisposable
{
    private readonly int bytes;
    private readonly Func<int, HostBlock> memory;
    private readonly ConcurrentBag<HostBlock> free = [];
    private volatile bool disposed;

    private BatchPool(int bytes, Func<int, HostBlock> memory)
    {
        this.bytes = bytes;
        this.memory = memory;
    }

    /// <summary>Buffers for a batch of RGB pictures of height × width.</summary>
    /// <param name="memory">Makes them (<see cref="IBackend.AllocateHost"/>); null: ordinary memory.</param>
    /// <exception cref="InputException">One buffer cannot hold so many bytes.</exception>
    public static BatchPool For(int batch, int height, int width, int imgsz, Func<int, HostBlock>? memory)
    {
        long bytes = 3L * batch * height * width;
        return bytes <= Array.MaxLength
            ? new BatchPool((int)bytes, memory ?? HostBlock.OfPages)
            : throw new InputException($"{batch} images at imgsz={imgsz} take more than 2 GB of pixels; lower batch or imgsz");
    }

    /// <summary>A buffer with undefined contents that comes back when it is disposed.</summary>
    private PixelBuffer Rent()
    {
        var block = free.TryTake(out var used) ? used : Allocate();
        return new PixelBuffer(block.Memory, () => GiveBack(block));
    }

    /// <summary>What is made in such a buffer, and holds it; the buffer comes back at once where it cannot be made.</summary>
    public T Rent<T>(Func<PixelBuffer, T> make)
    {
        var buffer = Rent();
        try
        {
            return make(buffer);
        }
        catch
        {
            buffer.Dispose();
            throw;
        }
    }

    /// <summary>
    /// Where the device's own kind of memory is used up (a cache may have taken all that can be pinned), ordinary memory does:
    /// a batch is then copied once more on its way.
    /// </summary>
    private HostBlock Allocate()
    {
        try
        {
            return memory(bytes);
        }
        catch (OutOfMemoryException)
        {
            return HostBlock.OfPages(bytes);
        }
    }

    /// <summary>Frees the buffers that are here, and from now on those that come back.</summary>
    public void Dispose()
    {
        disposed = true;
        while (free.TryTake(out var block)) Free(block);
    }

    private void GiveBack(HostBlock block)
    {
        free.Add(block);
        if (disposed) Dispose();
    }

    private static void Free(IDisposable block) => block.Dispose();
}
