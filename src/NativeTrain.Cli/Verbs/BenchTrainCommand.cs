using NativeTrain.Cli.CommandLine;
using NativeTrain.Core;
using NativeTrain.Training;
using NativeTrain.Vision.Models;

namespace NativeTrain.Cli.Verbs;

/// <summary>bench train: times training steps and shows where the time goes, kernel by kernel.</summary>
internal sealed class BenchTrainCommand : CliVerb
{
    public override string Name => "bench train";
    public override string Summary => "time training steps, kernel by kernel";
    public override string Usage => "bench train [model=yolo11n.yaml] [imgsz=320] [batch=16]";
    public override IReadOnlyList<OptionSpec> Options { get; } =
    [
        new("model", OptionType.Text, "yolo11n.yaml", "the graph to train", Verb.None),
        new("imgsz", OptionType.Integer, "320", "input size in pixels, a multiple of 32", Verb.None) { Min = 32, Max = 8192 },
        new("batch", OptionType.Integer, "16", "images a step", Verb.None) { Min = 1, Max = 4096 },
        new("nc", OptionType.Integer, "80", "number of classes", Verb.None) { Min = 1 },
        new("steps", OptionType.Integer, "10", "timed steps; as many more, up to five, are timed kernel by kernel", Verb.None) { Min = 1, Max = 10000 },
        ComputeOptions.Amp(),
        new("graphs", OptionType.Switch, "true", OptionTable.GraphsMeaning, Verb.None),
        .. ComputeOptions.Place,
    ];

    public override int Run(Arguments arguments)
    {
        var options = new OptionValues(Options, arguments.Options);
        int imgsz = options.Integer("imgsz");
        if (imgsz % 32 != 0) throw new InputException($"imgsz={imgsz}: must be a multiple of 32");
        using var backend = ComputeOptions.Open(options);
        var precision = Precision.TypeOf(options.Required("amp", "amp=false"), backend);
        var spec = YoloSpec.Resolve(options.Required("model", "model=yolo11n.yaml"));
        Print(spec, imgsz, TrainBench.Run(backend, spec, options.Integer("nc"), imgsz, options.Integer("batch"), options.Integer("steps"), precision: precision, graphs: options.Switch("graphs")));
        return ExitCode.Done;
    }

    private static void Print(YoloSpec spec, int imgsz, TrainBenchResult result)
    {
        double total = result.Kernels.Sum(k => k.Seconds), bound = result.Kernels.Sum(k => k.BoundSeconds), counted = result.Kernels.Where(k => k.BoundSeconds > 0).Sum(k => k.Seconds);
        var roof = result.Roofline;
        Console.WriteLine($"{"op",-18}{"pass",-18}{"kernel",-30}{"calls",6}{"ms",9}{"share",8}{"GFLOP/s",9}{"GB/s",7}{"roof",7}");
        foreach (var k in result.Kernels)
        {
            string flops = k.Flops > 0 ? $"{k.Flops / k.Seconds / 1e9:F0}" : "", bytes = k.Bytes > 0 ? $"{k.Bytes / k.Seconds / 1e9:F1}" : "";
            Console.WriteLine($"{k.Op,-18}{k.Pass,-18}{k.Implementation,-30}{k.Calls,6}{k.Seconds * 1e3,9:F2}{k.Seconds / total,8:P1}{flops,9}{bytes,7}{(k.BoundSeconds > 0 ? $"{k.BoundSeconds / k.Seconds:P0}" : ""),7}".TrimEnd());
        }
        double conv = result.Kernels.Where(k => k.Op == "conv2d").Sum(k => k.Seconds);
        Console.WriteLine($"all kernels {total * 1e3:F0} ms, convolutions {conv * 1e3:F0} ms: each call's shortest time of some steps; their mean is {result.Kernels.Sum(k => k.MeanSeconds) * 1e3:F0} ms");
        Console.WriteLine($"roof: the part of the speed that this machine's memory ({roof.BytesPerSecond / 1e9:F0} GB/s) and multiply-adds ({Rates(roof)}) allow what a kernel computes (GFLOP/s count the formula's operations, Winograd's way has fewer)");
        Console.WriteLine($"kernels whose work is counted {counted * 1e3:F0} ms, at their roofs {bound * 1e3:F0} ms: {bound / counted:P0}");
        Console.WriteLine($"{spec.Name} at {imgsz}, batch {result.Batch}: {result.MedianSeconds:F3} s a step (fastest {result.StepSeconds.Min():F3}, slowest {result.StepSeconds.Max():F3}), {result.ImagesPerSecond:F1} images/s, peak {result.PeakBytes / 1048576.0:F0} MiB of tensors");
        if (result.Replayed > 0) Console.WriteLine($"forward and backward pass launched as one CUDA graph in {result.Replayed} of {result.StepSeconds.Count} steps (graphs=false: kernel by kernel, as in the table)");
    }

    private static string Rates(Roofline roof) =>
        (roof.Type == DType.F32 ? "" : $"{roof.FlopsPerSecond / 1e9:F0} GFLOP/s in {roof.Type.Word()}, ") + $"{roof.FloatFlopsPerSecond / 1e9:F0} GFLOP/s in fp32";
}
