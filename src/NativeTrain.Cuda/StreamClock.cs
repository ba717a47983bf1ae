using NativeTrain.Core;
using NativeTrain.Cuda.Bindings;
using static NativeTrain.Cuda.Bindings.Driver;

namespace NativeTrain.Cuda;

/// <summary>Notes by a pair of events round each piece of work when the device did it.</summary>
internal sealed class StreamClock : IDisposable
{
    private readonly CuEventHandle origin = NewEvent();
    private readonly List<(string Track, string Name, CuEventHandle Start, CuEventHandle End)> noted = [];

    /// <param name="stream">One that has nothing to do: time counts from now.</param>
    public StreamClock(CuStreamHandle stream)
    {
        Check(cuEventRecord(origin, stream));
        Check(cuEventSynchronize(origin));
    }

    /// <summary>What is put on the stream until the returned value is disposed is one span.</summary>
    public Span Begin(string track, string name, CuStreamHandle stream)
    {
        var (start, end) = (NewEvent(), NewEvent());
        noted.Add((track, name, start, end));
        Check(cuEventRecord(start, stream));
        return new Span(end, stream);
    }

    /// <summary>All spans, when the device has done them.</summary>
    public IReadOnlyList<DeviceSpan> Read() => [.. noted.Select(n => new DeviceSpan(n.Track, n.Name, Seconds(n.Start), Seconds(n.End)))];

    /// <summary>An open span; the default one notes nothing.</summary>
    public readonly struct Span(CuEventHandle end, CuStreamHandle stream) : IDisposable
    {
        public void Dispose()
        {
            if (end is not null) Check(cuEventRecord(end, stream));
        }
    }

    public void Dispose()
    {
        origin.Dispose();
        foreach (var (_, _, start, end) in noted)
        {
            start.Dispose();
            end.Dispose();
        }
    }

    private double Seconds(CuEventHandle e)
    {
        Check(cuEventElapsedTime(out float milliseconds, origin, e));
        return milliseconds / 1e3;
    }

    private static CuEventHandle NewEvent()
    {
        Check(cuEventCreate(out var e, EventDefault));
        return e;
    }
}
