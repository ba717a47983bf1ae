using NativeTrain.Cli.CommandLine;
using NativeTrain.Core;
using NativeTrain.Training;
using NativeTrain.Vision.Models;

namespace NativeTrain.Cli.Verbs;

/// <summary>bench allreduce: how long sums over the ranks of a launcher take, and what that lets expect of more ranks.</summary>
internal sealed class BenchAllReduceCommand : CliVerb
{
    private const int MostRanks = 1024;

    /// <summary>Larger sums are measured but not fitted: a bucket is of a MiB or of one large tensor, and beyond the caches another law holds.</summary>
    private const long MostFitted = 4 << 20;

    public override string Name => "bench allreduce";
    public override string Summary => "time sums over several processes (started by mpirun or srun), fit latency and bandwidth, predict how training scales";
    public override string Usage => "bench allreduce [step=SECONDS] [model=yolo11n.yaml]";
    public override IReadOnlyList<OptionSpec> Options { get; } =
    [
        new("model", OptionType.Text, "yolo11n.yaml", "the graph whose gradients are to be summed", Verb.None),
        new("step", OptionType.Number, null, "seconds of a training step of one rank (bench train measures it): predicts the efficiency of up to 1024 ranks", Verb.None) { Min = 1e-6 },
        new("backward", OptionType.Number, "0.6", "part of a step that is the walk back, under which sums can hide", Verb.None) { Min = 0, Max = 1 },
        .. ComputeOptions.Place,
    ];

    public override int Run(Arguments arguments)
    {
        var options = new OptionValues(Options, arguments.Options);
        return Ranks.Run(ranks => Run(options, ranks));
    }

    private static int Run(OptionValues options, Ranks ranks)
    {
        if (ranks.Collectives.Size == 1) throw new InputException("bench allreduce times what several processes say to each other; start them: mpirun -n 2 nativetrain bench allreduce");
        var backend = ranks.Open(options.Text("device"), options.Integer("threads"), options.Text("conv"));
        var collectives = ranks.Collectives;
        var times = AllReduceBench.Run(collectives, backend);
        if (!ranks.Speaks) return ExitCode.Done;
        var fit = AlphaBeta.Fit([.. times.Where(t => t.Bytes <= MostFitted)]);
        Print(collectives, times, fit);
        if (options.Text("step") is not null) Predict(options, collectives.Size, fit);
        return ExitCode.Done;
    }

    private static void Print(ICollectives collectives, IReadOnlyList<AllReduceTime> times, AlphaBeta fit)
    {
        Console.WriteLine($"sums over {collectives.Size} ranks on {string.Join(", ", collectives.Hosts.Distinct())} by {collectives.Name}");
        Console.WriteLine($"{"KiB",8}{"least ms",12}{"median ms",12}{"GB/s",8}{"fitted ms",12}");
        foreach (var t in times)
            Console.WriteLine($"{t.Bytes / 1024,8}{t.Seconds * 1e3,12:F3}{t.Median * 1e3,12:F3}{t.Bytes / t.Seconds / 1e9,8:F2}{fit.Seconds(t.Bytes) * 1e3,12:F3}");
        Console.WriteLine($"latency {fit.Latency * 1e6:F1} us, bandwidth {1 / fit.SecondsPerByte / 1e9:F2} GB/s of summed numbers (fitted up to {MostFitted >> 20} MiB)");
    }

    private static void Predict(OptionValues options, int measuredRanks, AlphaBeta fit)
    {
        using var meta = new MetaBackend();
        using var model = YoloModel.Blank(meta, YoloSpec.Resolve(options.Required("model", "model=yolo11n.yaml")), 80);
        double bytes = sizeof(float) * (double)model.ParameterCount;
        var scaling = new ScalingModel(options.Number("step"), options.Number("backward"), bytes, GradientReducer.BucketBytes, fit, measuredRanks);
        Console.WriteLine($"{model.Spec.Name}: {bytes / 1048576:F1} MiB of gradients, steps of {scaling.StepSeconds:g4} s");
        Console.WriteLine($"{"ranks",8}{"sum ms",12}{"step ms",12}{"efficiency",12}");
        for (int n = 1; n <= MostRanks; n *= 2)
            Console.WriteLine($"{n,8}{scaling.AllReduce(n, bytes) * 1e3,12:F1}{scaling.Step(n) * 1e3,12:F1}{scaling.Efficiency(n),12:P1}");
    }
}
