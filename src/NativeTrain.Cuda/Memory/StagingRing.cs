using NativeTrain.Cuda.Bindings;
using static NativeTrain.Cuda.Bindings.Driver;

namespace NativeTrain.Cuda;

/// <summary>
/// Pinned host memory that bytes pass through on their way to and from the device, so that what lies anywhere in the
/// host's memory can be sent without waiting for the device: a slot is filled again only when its last copy was made.
/// </summary>
internal sealed unsafe class StagingRing : IDisposable
{
    private const int Slots = 4, SlotBytes = 1 << 20;

    private readonly nint memory;
    private readonly CuEventHandle[] copied = new CuEventHandle[Slots];
    private int next;

    public StagingRing()
    {
        Check(cuMemHostAlloc(out memory, Slots * SlotBytes, MemHostAllocPortable));
        for (int i = 0; i < Slots; i++) Check(cuEventCreate(out copied[i], EventDisableTiming));
    }

    /// <summary>Sends bytes to the device, in the stream's order.</summary>
    public void Upload(ReadOnlySpan<byte> source, nint destination, CuStreamHandle stream)
    {
        while (!source.IsEmpty)
        {
            int count = Math.Min(source.Length, SlotBytes);
            nint slot = Slot();
            source[..count].CopyTo(new Span<byte>((void*)slot, count));
            Check(cuMemcpyHtoDAsync_v2(destination, slot, (nuint)count, stream));
            Check(cuEventRecord(copied[next], stream));
            next = (next + 1) % Slots;
            source = source[count..];
            destination += count;
        }
    }

    /// <summary>Gets bytes from the device when the stream has come so far; waits for them.</summary>
    public void Download(nint source, Span<byte> destination, CuStreamHandle stream)
    {
        while (!destination.IsEmpty)
        {
            int count = Math.Min(destination.Length, SlotBytes);
            nint slot = Slot();
            Check(cuMemcpyDtoHAsync_v2(slot, source, (nuint)count, stream));
            Check(cuStreamSynchronize(stream));
            new Span<byte>((void*)slot, count).CopyTo(destination);
            destination = destination[count..];
            source += count;
        }
    }

    public void Dispose()
    {
        foreach (var e in copied) e.Dispose();
        Check(cuMemFreeHost(memory));
    }

    /// <summary>The next slot, when it is free. (An event that was never recorded counts as past.)</summary>
    private nint Slot()
    {
        Check(cuEventSynchronize(copied[next]));
        return memory + next * SlotBytes;
    }
}
