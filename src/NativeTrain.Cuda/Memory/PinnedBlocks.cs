using NativeTrain.Core;
using NativeTrain.Cuda.Bindings;
using static NativeTrain.Cuda.Bindings.Driver;

namespace NativeTrain.Cuda;

/// <summary>
/// The pinned host memory that was handed out, known by its addresses, and copies of parts of it that are made on a stream
/// of their own beside what the device computes. Two copies may be on their way; a third takes the place of the first.
/// </summary>
internal sealed class PinnedBlocks : IDisposable
{
    /// <summary>A copy's place on the device, and when it is filled and read.</summary>
    private sealed class Slot
    {
        public nint Memory { get; set; }
        public long Capacity { get; set; }
        public (nint Start, long Bytes) Source { get; set; }
        public required CuEventHandle Arrived { get; init; }
        public required CuEventHandle Read { get; init; }
    }

    private readonly CudaDevice device;
    private readonly CuStreamHandle copy;
    private readonly Slot[] slots;
    private readonly SortedList<nint, int> blocks = [];
    private int next;

    /// <summary>Notes when copies are made; null: nobody does.</summary>
    public StreamClock? Clock { get; set; }

    public PinnedBlocks(CudaDevice device)
    {
        this.device = device;
        Check(cuStreamCreate(out copy, StreamNonBlocking));
        slots = [NewSlot(), NewSlot()];
    }

    /// <summary>Pinned memory; callable from any thread.</summary>
    /// <exception cref="OutOfMemoryException">There is not so much.</exception>
    public HostBlock Allocate(int bytes)
    {
        device.MakeCurrent();
        int result = cuMemHostAlloc(out nint start, (nuint)Math.Max(bytes, 1), MemHostAllocPortable);
        if (result == OutOfMemory) throw new InsufficientMemoryException($"cuMemHostAlloc: {bytes} bytes of host memory cannot be pinned");
        Check(result, nameof(cuMemHostAlloc));
        lock (blocks) blocks.Add(start, bytes);
        return new HostBlock(start, bytes, Free);
    }

    /// <summary>Whether bytes lie in memory of <see cref="Allocate"/>.</summary>
    public bool Contains(nint start, long bytes)
    {
        lock (blocks)
        {
            int low = 0, high = blocks.Count;
            while (low < high)
            {
                int middle = (low + high) / 2;
                if (blocks.GetKeyAtIndex(middle) <= start) low = middle + 1;
                else high = middle;
            }
            return low > 0 && start + bytes <= blocks.GetKeyAtIndex(low - 1) + blocks.GetValueAtIndex(low - 1);
        }
    }

    /// <summary>
    /// Begins to copy; what was at work for the same bytes before is forgotten. Where the device has no memory to spare
    /// for it nothing is done: the bytes are copied when they are uploaded.
    /// </summary>
    public void Prefetch(nint start, long bytes)
    {
        lock (blocks)
        {
            foreach (var old in slots)
                if (old.Source.Start == start) old.Source = default;
            var slot = slots[next];
            next = 1 - next;
            slot.Source = default;
            if (slot.Capacity < bytes && !Grow(slot, bytes)) return;
            Check(cuStreamWaitEvent(copy, slot.Read, 0));
            using (Clock?.Begin("copies", "prefetch", copy) ?? default)
                Check(cuMemcpyHtoDAsync_v2(slot.Memory, start, (nuint)bytes, copy));
            Check(cuEventRecord(slot.Arrived, copy));
            slot.Source = (start, bytes);
        }
    }

    /// <summary>Gives a tensor what was copied of these bytes, in the order of its stream; false: they were not.</summary>
    public bool Take(nint start, long bytes, nint destination, CuStreamHandle compute)
    {
        lock (blocks)
        {
            var slot = slots.FirstOrDefault(s => s.Source == (start, bytes));
            if (slot is null) return false;
            Check(cuStreamWaitEvent(compute, slot.Arrived, 0));
            Check(cuMemcpyDtoDAsync_v2(destination, slot.Memory, (nuint)bytes, compute));
            Check(cuEventRecord(slot.Read, compute));
            slot.Source = default;
            return true;
        }
    }

    /// <summary>Does something during which no block may be freed, because that waits for the device: other threads' blocks wait instead.</summary>
    public void WithoutFrees(Action work)
    {
        lock (blocks) work();
    }

    public void Dispose()
    {
        Check(cuStreamSynchronize(copy));
        foreach (var slot in slots)
        {
            if (slot.Memory != 0) Check(cuMemFree_v2(slot.Memory));
            slot.Arrived.Dispose();
            slot.Read.Dispose();
        }
        copy.Dispose();
    }

    /// <summary>Copies that began, on either stream, are let come to their end: one whose place another has taken is known to nobody else.</summary>
    private void Free(nint start)
    {
        device.MakeCurrent();
        lock (blocks)
        {
            int bytes = blocks[start];
            blocks.Remove(start);
            foreach (var slot in slots)
                if (slot.Source.Start >= start && slot.Source.Start < start + bytes)
                    slot.Source = default;
            if (!copy.IsClosed) Check(cuCtxSynchronize());
            Check(cuMemFreeHost(start));
        }
    }

    /// <summary>A larger place; false: there is no memory for it.</summary>
    private static bool Grow(Slot slot, long bytes)
    {
        if (slot.Memory != 0)
        {
            Check(cuEventSynchronize(slot.Arrived));
            Check(cuEventSynchronize(slot.Read));
            Check(cuMemFree_v2(slot.Memory));
            (slot.Memory, slot.Capacity) = (0, 0);
        }
        int result = cuMemAlloc_v2(out nint memory, (nuint)bytes);
        if (result == OutOfMemory) return false;
        Check(result, nameof(cuMemAlloc_v2));
        (slot.Memory, slot.Capacity) = (memory, bytes);
        return true;
    }

    private static Slot NewSlot()
    {
        Check(cuEventCreate(out var arrived, EventDisableTiming));
        Check(cuEventCreate(out var read, EventDisableTiming));
        return new Slot { Arrived = arrived, Read = read };
    }
}
