using NativeTrain.Cuda.Bindings;
using static NativeTrain.Cuda.Bindings.Driver;

namespace NativeTrain.Cuda.Collectives;

/// <summary>A stream beside the compute stream, whose work begins and ends in the order of that, and runs beside it in between.</summary>
/// <param name="device">The device of both.</param>
/// <param name="compute">The backend's stream.</param>
internal sealed class CommunicationStream(CudaDevice device, CuStreamHandle compute) : IDisposable
{
    private readonly Stack<CuEventHandle> events = [];
    private readonly CuStreamHandle stream = NewStream();

    /// <summary>Puts work on the stream, which comes after all that the compute stream was given.</summary>
    /// <returns>The end of the work, for <see cref="Join"/>.</returns>
    public CuEventHandle Begin(Action<CuStreamHandle> work)
    {
        device.MakeCurrent();
        var e = events.Count > 0 ? events.Pop() : NewEvent();
        Check(cuEventRecord(e, compute));
        Check(cuStreamWaitEvent(stream, e, 0));
        work(stream);
        Check(cuEventRecord(e, stream));
        return e;
    }

    /// <summary>What the compute stream is given from now on comes after the work.</summary>
    public void Join(CuEventHandle end)
    {
        device.MakeCurrent();
        Check(cuStreamWaitEvent(compute, end, 0));
        events.Push(end); // recorded again, it means something else to those who ask from then on only
    }

    public void Dispose()
    {
        device.MakeCurrent();
        foreach (var e in events) e.Dispose();
        stream.Dispose();
    }

    private static CuStreamHandle NewStream()
    {
        Check(cuStreamCreate(out var stream, StreamNonBlocking));
        return stream;
    }

    private static CuEventHandle NewEvent()
    {
        Check(cuEventCreate(out var e, EventDisableTiming));
        return e;
    }
}
