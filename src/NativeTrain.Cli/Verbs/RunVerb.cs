using NativeTrain.Cli.CommandLine;
using NativeTrain.Cli.Progress;
using NativeTrain.Core;
using NativeTrain.Training;

namespace NativeTrain.Cli.Verbs;

/// <summary>train, val and predict: options from the one table, a backend, a display, and a clean end on Ctrl-C.</summary>
internal abstract class RunVerb(Verb verb) : CliVerb
{
    public override string Name => OptionTable.Name(verb);
    public override IReadOnlyList<OptionSpec> Options { get; } = [.. OptionTable.For(verb)];
    public override string? DefaultOf(OptionSpec option) => option.DefaultFor(verb);

    public override int Run(Arguments arguments)
    {
        Ranks.RequireOne(Name);
        CheckDevice(arguments);
        var options = Parse(arguments);
        using var backend = Backends.Open(options.Device, options.Threads, options.Conv);
        using var interrupt = new Interrupt();
        Display.Run(options, progress => Run(backend, options, progress, interrupt.Token));
        return interrupt.ExitCode;
    }

    protected static void CheckDevice(Arguments arguments)
    {
        foreach (var (name, value) in arguments.Options)
            if (name == "device")
                Backends.Check(value);
    }

    protected TrainOptions Parse(Arguments arguments) => ResumeOptions.Complete(TrainOptions.Parse(verb, arguments.Options));

    /// <summary>Does the work; on <paramref name="stop"/> it saves what is done and returns.</summary>
    protected abstract void Run(IBackend backend, TrainOptions options, ITrainingProgress progress, CancellationToken stop);
}
