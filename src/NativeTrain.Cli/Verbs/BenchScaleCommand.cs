using System.Globalization;
using NativeTrain.Cli.CommandLine;
using NativeTrain.Core;
using NativeTrain.Cpu;
using NativeTrain.Training;
using NativeTrain.Vision.Models;

namespace NativeTrain.Cli.Verbs;

/// <summary>bench scale: how time and memory of a training step grow with the model, the picture, the batch and the threads.</summary>
internal sealed class BenchScaleCommand : CliVerb
{
    public override string Name => "bench scale";
    public override string Summary => "how a training step's time and memory grow with model, picture, batch and threads";
    public override string Usage => "bench scale [model=yolo11n.yaml,yolo11s.yaml,yolo11m.yaml] [imgsz=320,640] [batch=1,4,16,64] [threads=1,2]";
    public override IReadOnlyList<OptionSpec> Options { get; } =
    [
        new("model", OptionType.Text, "yolo11n.yaml,yolo11s.yaml,yolo11m.yaml", "graphs, separated by commas", Verb.None),
        new("imgsz", OptionType.Text, "320,640", "sides of the pictures in pixels, multiples of 32", Verb.None),
        new("batch", OptionType.Text, "1,2,4,8,16,32,64", "images a step; what does not fit into memory is left out", Verb.None),
        new("threads", OptionType.Text, "1,2", "threads that compute, on the CPU", Verb.None),
        new("nc", OptionType.Integer, "80", "number of classes", Verb.None) { Min = 1 },
        new("seconds", OptionType.Number, "4", "time to spend on a size, after its first step; two steps at least", Verb.None) { Min = 0 },
        ComputeOptions.Amp(),
        .. ComputeOptions.Place.Where(o => o.Name != "threads"),
        new("output", OptionType.Text, "scale.csv", "the figures; beside it the table (.md) and the picture (.png)", Verb.None),
    ];

    public override int Run(Arguments arguments)
    {
        var options = new OptionValues(Options, arguments.Options);
        YoloSpec[] models = [.. options.Required("model", "model=yolo11n.yaml").Split(',').Select(YoloSpec.Resolve).DistinctBy(s => s.Name)];
        int[] sizes = Numbers(options, "imgsz", 32), batches = Numbers(options, "batch"), threads = Numbers(options, "threads");
        if (sizes.FirstOrDefault(s => s % 32 != 0) is > 0 and var odd) throw new InputException($"imgsz={odd}: must be a multiple of 32");
        using var backend = Backends.Open(options.Text("device"), threads[0], options.Text("conv"));
        var bench = new ScaleBench(options.Integer("nc"), Precision.TypeOf(options.Required("amp", "amp=false"), backend), options.Number("seconds"));
        var cells = bench.Run(backend, [.. from count in threads from spec in models from size in sizes from batch in batches select (spec, new ScaleCase(spec.Name, size, batch, count))],
            count => (backend as CpuBackend)?.Threads = count,
            c => Console.WriteLine($"{c.Case.Model} at {c.Case.ImageSize}, batch {c.Case.Batch}, {Counted.Of(c.Case.Threads, "thread")}: {Figures(c)}"));
        Write(options.Required("output", "output=scale.csv"), backend.Name, cells);
        return ExitCode.Done;
    }

    private static string Figures(ScaleCell c) => c.Seconds is { } seconds
        ? $"{seconds:F3} s a step, {c.ImagesPerSecond:F1} images/s, peak {c.PeakBytes / 1048576.0:F0} MiB of tensors"
        : $"left out: its tensors would take {c.PeakBytes / 1048576.0:F0} MiB";

    private static void Write(string output, string device, IReadOnlyList<ScaleCell> cells)
    {
        string table = Path.ChangeExtension(output, ".md"), picture = Path.ChangeExtension(output, ".png");
        string[] markdown = [.. ScaleTable.Markdown(cells)];
        foreach (string line in markdown) Console.WriteLine(line);
        AtomicFile.WriteText(output, string.Concat(ScaleTable.Csv(cells).Select(l => l + "\n")));
        AtomicFile.WriteText(table, string.Concat(markdown.Select(l => l + "\n")));
        bool drawn = ScaleTable.Draw(picture, device, cells);
        Console.WriteLine($"written: {output}, {table}{(drawn ? $", {picture}" : "")}");
    }

    /// <summary>Each number once: a size is a row of the table.</summary>
    private static int[] Numbers(OptionValues options, string name, int least = 1) =>
        [.. options.Required(name, $"{name}=1").Split(',').Select(text => int.TryParse(text, CultureInfo.InvariantCulture, out int n) && n >= least && n <= 8192 ? n : throw new InputException($"{name}={text}: must be whole numbers from {least} to 8192, separated by commas")).Distinct()];
}
