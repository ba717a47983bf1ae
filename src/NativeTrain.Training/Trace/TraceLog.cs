using System.Collections.Concurrent;
using System.Diagnostics;
using NativeTrain.Core;

namespace NativeTrain.Training;

/// <summary>
/// What all threads of a run did when, kept in memory until it is written. Each thread has a list of its own, so that no one waits
/// for another; the lists are read when the threads are at rest.
/// </summary>
public sealed class TraceLog : ITimeline
{
    /// <summary>What a thread is at, and what it has done.</summary>
    private sealed class Thread(TraceTrack track)
    {
        public TraceTrack Track { get; } = track;
        public Stack<TraceEvent> Open { get; } = [];
        public List<TraceEvent> Done { get; } = [];
    }

    private readonly long origin = Stopwatch.GetTimestamp();
    private readonly ThreadLocal<Thread> threads;
    private readonly List<TraceEvent> ofDevice = [];
    private readonly List<TraceMemory> memory = [];
    private readonly ConcurrentDictionary<string, TraceTrack> tracks = [];
    private int count;

    /// <summary>Begins; the thread that makes the log is the one that trains.</summary>
    public TraceLog()
    {
        int trains = Environment.CurrentManagedThreadId;
        // An epoch's loader threads take up the tracks of the epoch before: they have the same names, and never run together.
        threads = new ThreadLocal<Thread>(() => new Thread(Track(Environment.CurrentManagedThreadId == trains ? "training"
            : System.Threading.Thread.CurrentThread.Name ?? $"thread {Environment.CurrentManagedThreadId}")), trackAllValues: true);
        _ = threads.Value; // stands first
    }

    /// <summary>Seconds since the log began.</summary>
    public double Now => Stopwatch.GetElapsedTime(origin).TotalSeconds;

    public void Begin(string category, string name, long number, string? file) => Begin(new TraceEvent(Here.Track, category, name, Now, 0) { Number = number, File = file });

    /// <summary>A kernel call of the calling thread begins.</summary>
    public void Begin(string category, KernelCall call, string layer, string implementation)
    {
        ArgumentNullException.ThrowIfNull(call);
        Begin(new TraceEvent(Here.Track, category, $"{call.Op} {call.Pass}", Now, 0) { Call = call, Layer = layer, Implementation = implementation });
    }

    public void End()
    {
        double now = Now;
        var here = Here;
        here.Done.Add(here.Open.Pop() with { End = now });
    }

    /// <summary>Notes how much memory is alive now; by the thread that trains.</summary>
    public void Memory(long bytes) => memory.Add(new TraceMemory(Now, bytes));

    /// <summary>Adds what the device did by its own clock, which began at <paramref name="start"/> of this one.</summary>
    public void Add(IEnumerable<DeviceSpan> spans, double start)
    {
        foreach (var queue in spans.GroupBy(s => s.Track))
        {
            var track = Track($"device: {queue.Key}", ofDevice: true);
            double last = start;
            foreach (var s in queue)
            {
                // The clock counts half microseconds: neighbours are kept from touching by its rounding.
                double from = Math.Max(last, start + s.Start);
                last = Math.Max(from, start + s.End);
                ofDevice.Add(new TraceEvent(track, "device", s.Name, from, last));
            }
        }
    }

    /// <summary>
    /// All spans of a stretch of time, track by track, in the order of their beginnings; outer ones first. Of what began before it or
    /// ended after it (a loader's batch) the part inside.
    /// </summary>
    public IReadOnlyList<TraceEvent> Events(double from, double to) =>
        [.. threads.Values.SelectMany(t => t.Done).Concat(ofDevice).Where(e => e.End > from && e.Start < to)
            .Select(e => e with { Start = Math.Max(e.Start, from), End = Math.Min(e.End, to) })
            .OrderBy(e => e.Track.Id).ThenBy(e => e.Start).ThenByDescending(e => e.End)];

    /// <summary>The memory alive in a stretch of time.</summary>
    public IReadOnlyList<TraceMemory> MemoryOf(double from, double to) => [.. memory.Where(m => m.At >= from && m.At <= to)];

    private Thread Here => threads.Value!;

    // The clock is read last of all, so that a span does not count its own bookkeeping.
    private void Begin(TraceEvent e) => Here.Open.Push(e with { Start = Now });

    private TraceTrack Track(string name, bool ofDevice = false) =>
        tracks.GetOrAdd(name, _ => new TraceTrack(Interlocked.Increment(ref count), name, ofDevice));
}
