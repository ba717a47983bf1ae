using NativeTrain.Cli.CommandLine;
using NativeTrain.Cli.Progress;
using NativeTrain.Core;
using NativeTrain.Training;

namespace NativeTrain.Cli.Verbs;

/// <summary>See <see cref="Trainer"/>. Where a launcher (mpirun, srun) started several processes, they train together.</summary>
internal sealed class TrainVerb() : RunVerb(Verb.Train)
{
    public override string Summary => "train a model";
    public override string Usage => "train model=yolo11n.yaml|yolo11n-seg.yaml|yolo11n-cls.yaml|WEIGHTS data=DATA.yaml|FOLDER [epochs=100] [imgsz=640] [batch=16] …";

    public override int Run(Arguments arguments) => Ranks.Run(ranks => Run(arguments, ranks));

    private int Run(Arguments arguments, Ranks ranks)
    {
        CheckDevice(arguments);
        var options = Parse(arguments);
        var backend = ranks.Open(options.Device, options.Threads, options.Conv);
        using var interrupt = ranks.Speaks ? new Interrupt() : new Interrupt(null);
        TrainResult? result = null;
        if (ranks.Speaks) Display.Run(options, progress => result = Run(backend, options, progress, ranks, interrupt.Token), plain: ranks.Collectives.Size > 1);
        else result = Run(backend, options, SilentProgress.Instance, ranks, interrupt.Token);
        // A signal to one rank ends all, by the same code.
        return interrupt.ExitCode == ExitCode.Done && result is { Interrupted: true } ? ExitCode.Preempted : interrupt.ExitCode;
    }

    private static TrainResult Run(IBackend backend, TrainOptions options, ITrainingProgress progress, Ranks ranks, CancellationToken stop)
    {
        if (ranks.Collectives is { Size: > 1 } c)
            progress.OnMessage($"{c.Size} ranks on {string.Join(", ", c.Hosts.GroupBy(h => h).Select(h => $"{h.Key} ({h.Count()})"))} by {c.Name}, each with {backend.Description}; batch={options.Values.First(v => v.Name == "batch").Value} is of all together");
        return Trainer.Run(backend, options, ranks.Train(options), progress, stop);
    }

    protected override void Run(IBackend backend, TrainOptions options, ITrainingProgress progress, CancellationToken stop) =>
        Trainer.Run(backend, options, progress, stop);
}
