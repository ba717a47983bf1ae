using System.Collections;
using System.Numerics;

namespace NativeTrain.Core;

/// <summary>
/// Cuts tensors out of one long range of addresses: the smallest free part that fits, freed neighbours joined. Memory
/// is put behind the addresses in chunks as they are first used and stays there, so that from the second step on a
/// training asks the system for nothing; and since any free part serves any tensor, what is held stays close to the
/// most that ever lived at once. The same requests in the same order give the same offsets, on any device: the plan
/// of a step on <see cref="MetaBackend"/> holds to the byte.
/// </summary>
/// <param name="pages">The addresses, and what puts memory behind them.</param>
public sealed class ArenaAllocator(IPages pages) : IAllocator
{
    /// <summary>Blocks begin at multiples of this many bytes and are whole multiples long.</summary>
    public const long Alignment = 64;

    /// <summary>Bytes that memory is taken from the system by: a huge page.</summary>
    public const long Chunk = 2 << 20;

    private readonly FreeRanges free = new();
    private readonly BitArray held = new(0);
    private readonly Lock gate = new();
    private ulong liveDigest;
    private long releases;

    public long LiveBytes { get; private set; }
    public long PeakBytes { get; private set; }
    public long HeldBytes { get; private set; }

    /// <summary>
    /// What decides where the next blocks will lie: equal states give the same requests the same addresses, with memory
    /// behind those that had some before.
    /// </summary>
    public ArenaState State
    {
        get
        {
            lock (gate) return new ArenaState(LiveBytes, liveDigest, releases);
        }
    }

    /// <summary>What a block of so many bytes takes.</summary>
    public static long Size(long bytes) => (Math.Max(bytes, 1) + Alignment - 1) / Alignment * Alignment;

    public Storage Allocate(long bytes)
    {
        if (bytes > pages.Bytes) throw new OutOfDeviceMemoryException(bytes, HeldBytes, "which is more than there are addresses");
        long size = Size(bytes);
        lock (gate)
        {
            long offset = free.Take(size);
            try
            {
                Hold(offset, size);
            }
            catch
            {
                free.Give(offset, size);
                throw;
            }
            LiveBytes += size;
            liveDigest += Digest(offset, size);
            PeakBytes = Math.Max(PeakBytes, LiveBytes);
            return new Storage(this, pages.Start + (nint)offset, bytes, size);
        }
    }

    public void Free(Storage block)
    {
        ArgumentNullException.ThrowIfNull(block);
        lock (gate)
        {
            LiveBytes -= block.Capacity;
            liveDigest -= Digest(block.Pointer - pages.Start, block.Capacity);
            free.Give(block.Pointer - pages.Start, block.Capacity);
        }
    }

    public void ResetPeak()
    {
        lock (gate) PeakBytes = LiveBytes;
    }

    /// <summary>Counts blocks that work uses without asking for them, because it is done again as it was recorded.</summary>
    /// <param name="peakBytes">The most that live meanwhile, with all others.</param>
    public void CountPeak(long peakBytes)
    {
        lock (gate) PeakBytes = Math.Max(PeakBytes, peakBytes);
    }

    public void Trim()
    {
        lock (gate)
        {
            foreach (var (start, size) in free.Below) Release((start + Chunk - 1) / Chunk, (start + size) / Chunk);
            Release((free.Top + Chunk - 1) / Chunk, held.Length);
        }
    }

    /// <summary>Puts memory behind the chunks of a range that have none, trying once more with what else can be given back.</summary>
    private void Hold(long offset, long size)
    {
        if (offset + size > pages.Bytes) throw new OutOfDeviceMemoryException(size, HeldBytes, "and the addresses are used up");
        try
        {
            HoldChunks(offset, size);
        }
        catch (OutOfDeviceMemoryException)
        {
            Trim();
            HoldChunks(offset, size);
        }
    }

    private void HoldChunks(long offset, long size)
    {
        int last = (int)((offset + size - 1) / Chunk);
        if (last >= held.Length) held.Length = Math.Max(last + 1, 2 * held.Length);
        for (int i = (int)(offset / Chunk); i <= last; i++)
        {
            if (held[i]) continue;
            int end = i + 1;
            while (end <= last && !held[end]) end++;
            pages.Commit(i * Chunk, (end - i) * Chunk);
            Mark(i, end, true);
        }
    }

    private void Release(long first, long end)
    {
        for (int i = (int)first; i < end; i++)
        {
            if (!held[i]) continue;
            int next = i + 1;
            while (next < end && held[next]) next++;
            pages.Release(i * Chunk, (next - i) * Chunk);
            releases++;
            Mark(i, next, false);
        }
    }

    /// <summary>A block's part of the digest: a sum of well-mixed numbers (the finalizer of MurmurHash3), so that order does not matter.</summary>
    private static ulong Digest(long offset, long size)
    {
        ulong x = (ulong)offset ^ BitOperations.RotateLeft((ulong)size, 32);
        x = (x ^ (x >> 33)) * 0xff51afd7ed558ccd;
        x = (x ^ (x >> 33)) * 0xc4ceb9fe1a85ec53;
        return x ^ (x >> 33);
    }

    private void Mark(int first, int end, bool value)
    {
        for (int i = first; i < end; i++) held[i] = value;
        HeldBytes += (value ? 1 : -1) * (end - first) * Chunk;
    }
}

/// <summary>See <see cref="ArenaAllocator.State"/>.</summary>
/// <param name="LiveBytes">Bytes of the blocks that live.</param>
/// <param name="LiveDigest">Of where they lie.</param>
/// <param name="Releases">How often memory was taken from behind addresses.</param>
public readonly record struct ArenaState(long LiveBytes, ulong LiveDigest, long Releases);
