using System.Globalization;
using System.Text.Json;
using NativeTrain.Core;

namespace NativeTrain.Training;

/// <summary>
/// Writes a trace as JSON in the Trace Event Format ("Trace Event Format", Google, 2016: the object form), which ui.perfetto.dev and
/// chrome://tracing open: complete events (ph X) in microseconds, counters (ph C), and names of processes and threads (ph M).
/// </summary>
public static class TraceFile
{
    /// <summary>The host's threads are one process of the trace, the device's queues another.</summary>
    private const int Host = 1, Device = 2;

    /// <exception cref="InputException">The file cannot be written.</exception>
    public static void Write(string path, TraceResult trace)
    {
        ArgumentNullException.ThrowIfNull(trace);
        AtomicFile.Write(path, stream =>
        {
            using var json = new Utf8JsonWriter(stream);
            json.WriteStartObject();
            json.WriteString("displayTimeUnit", "ms");
            json.WriteStartObject("otherData");
            json.WriteString("model", trace.Model);
            json.WriteString("device", trace.Device);
            foreach (string name in (string[])["data", "imgsz", "batch", "amp", "workers", "seed"])
                if (trace.Options.Values.FirstOrDefault(v => v.Name == name).Value is { } value) json.WriteString(name, value);
            json.WriteEndObject();
            json.WriteStartArray("traceEvents");
            var events = trace.Events;
            Names(json, events, trace);
            foreach (var e in events) Span(json, e, trace.Start);
            foreach (var m in trace.Log.MemoryOf(trace.Start, trace.End)) Counter(json, m, trace.Start);
            json.WriteEndArray();
            json.WriteEndObject();
        });
    }

    private static void Names(Utf8JsonWriter json, IReadOnlyList<TraceEvent> events, TraceResult trace)
    {
        Name(json, "process_name", Host, 0, "nativetrain");
        if (events.Any(e => e.Track.OfDevice)) Name(json, "process_name", Device, 0, trace.Device);
        foreach (var track in events.Select(e => e.Track).Distinct()) Name(json, "thread_name", Process(track), track.Id, track.Name);
    }

    private static void Name(Utf8JsonWriter json, string what, int process, int thread, string name)
    {
        Head(json, "M", what, process, thread);
        json.WriteStartObject("args");
        json.WriteString("name", name);
        json.WriteEndObject();
        json.WriteEndObject();
    }

    private static void Span(Utf8JsonWriter json, TraceEvent e, double origin)
    {
        Head(json, "X", e.Name, Process(e.Track), e.Track.Id);
        json.WriteString("cat", e.Category);
        Time(json, "ts", Nanoseconds(e.Start - origin));
        Time(json, "dur", Nanoseconds(e.End - origin) - Nanoseconds(e.Start - origin)); // ends of what nests are rounded alike
        json.WriteStartObject("args");
        if (e.Number >= 0) json.WriteNumber(e.Category == "copy" ? "bytes" : "number", e.Number);
        if (e.File is { } file) json.WriteString("file", file);
        if (e.Call is { } call)
        {
            if (e.Layer.Length > 0) json.WriteString("layer", e.Layer);
            json.WriteString("shape", call.ShapeText);
            json.WriteString("type", call.Type.ToString());
            json.WriteNumber("flops", call.Flops);
            json.WriteNumber("bytes", call.Bytes);
            if (e.Implementation.Length > 0) json.WriteString("kernel", e.Implementation);
        }
        json.WriteEndObject();
        json.WriteEndObject();
    }

    private static void Counter(Utf8JsonWriter json, TraceMemory m, double origin)
    {
        Head(json, "C", "tensor memory", Host, 0);
        Time(json, "ts", Nanoseconds(m.At - origin));
        json.WriteStartObject("args");
        json.WriteNumber("bytes", m.Bytes);
        json.WriteEndObject();
        json.WriteEndObject();
    }

    private static void Head(Utf8JsonWriter json, string phase, string name, int process, int thread)
    {
        json.WriteStartObject();
        json.WriteString("ph", phase);
        json.WriteString("name", name);
        json.WriteNumber("pid", process);
        json.WriteNumber("tid", thread);
    }

    private static long Nanoseconds(double seconds) => (long)Math.Round(seconds * 1e9);

    /// <summary>In microseconds, as the format has it.</summary>
    private static void Time(Utf8JsonWriter json, string name, long nanoseconds)
    {
        json.WritePropertyName(name);
        json.WriteRawValue(string.Create(CultureInfo.InvariantCulture, $"{nanoseconds / 1000}.{nanoseconds % 1000:D3}"));
    }

    private static int Process(TraceTrack track) => track.OfDevice ? Device : Host;
}
