using NativeTrain.Cli.CommandLine;
using NativeTrain.Cli.Progress;
using NativeTrain.Core;
using NativeTrain.Training;

namespace NativeTrain.Cli.Verbs;

/// <summary>See <see cref="TraceRun"/>.</summary>
internal sealed class TraceVerb : BesideTrainVerb
{
    public override string Name => "trace";
    public override string Summary => "write when each thread, op, copy and kernel of a few training steps begins and ends, for ui.perfetto.dev";
    public override string Usage => "trace model=yolo11n.yaml data=DATA.yaml [steps=5] [output=trace.json] …   (and every option of train)";
    public override IReadOnlyList<OptionSpec> Options { get; } =
    [
        new("steps", OptionType.Integer, "5", "training steps to trace", Verb.None) { Min = 1, Max = 1000 },
        new("skip", OptionType.Integer, "2", "training steps before them: the first ones build what is kept for later", Verb.None) { Min = 0, Max = 100000 },
        new("output", OptionType.Text, "trace.json", "the file to write, JSON in the Trace Event Format", Verb.None),
    ];

    public override int Run(Arguments arguments)
    {
        var (own, options) = Split(arguments);
        using var backend = Backends.Open(options.Device, options.Threads, options.Conv);
        using var interrupt = new Interrupt();
        TraceResult? trace = null;
        Display.Run(options, progress => trace = TraceRun.Run(backend, options, own.Integer("steps"), own.Integer("skip"), progress, interrupt.Token));
        string output = own.Required("output", "output=trace.json");
        TraceFile.Write(output, trace!);
        Print(trace!, output);
        return ExitCode.Done;
    }

    private static void Print(TraceResult trace, string output)
    {
        var events = trace.Events;
        double steps = trace.Steps.Count;
        double Of(string category) => events.Where(e => e.Category == category).Sum(e => e.Seconds) / steps * 1e3;
        double waited = events.Where(e => e.Name == "wait for batch").Sum(e => e.Seconds) / steps * 1e3;
        Console.WriteLine($"{trace.Steps.Count} steps of {trace.Model} on {trace.Device}: {(trace.End - trace.Start) / steps * 1e3:F1} ms a step");
        Console.WriteLine($"a step in ms: ops {Of("op"):F1}, optimizer and average {Of("optimizer"):F1}, copies {Of("copy"):F1}, waiting for its batch {waited:F1}");
        if (trace.ByDevice) Console.WriteLine($"on the device by its own events: {Of("device"):F1} ms a step; the ops above are the host's calls, which do not wait for it");
        Console.WriteLine($"{events.Count} spans on {events.Select(e => e.Track).Distinct().Count()} tracks written to {output}; ui.perfetto.dev opens it, and chrome://tracing");
    }
}
