using NativeTrain.Cli.CommandLine;
using NativeTrain.Cli.Progress;
using NativeTrain.Core;
using NativeTrain.Training;

namespace NativeTrain.Cli.Verbs;

/// <summary>See <see cref="RateFinder"/>.</summary>
internal sealed class LrFindVerb : BesideTrainVerb
{
    public override string Name => "lrfind";
    public override string Summary => "find a learning rate: train for a few steps while it rises, and draw the loss";
    public override string Usage => "lrfind model=yolo11n.yaml data=DATA.yaml [steps=100] [lr_min=1e-7] [lr_max=1] [optimizer=SGD] …   (and every option of train)";
    public override IReadOnlyList<OptionSpec> Options { get; } =
    [
        new("steps", OptionType.Integer, "100", "steps of the test", Verb.None) { Min = 2, Max = 100000 },
        new("lr_min", OptionType.Number, "1.0E-07", "the learning rate of the first step", Verb.None) { Min = 1e-12 },
        new("lr_max", OptionType.Number, "1.0", "the learning rate of the last step", Verb.None) { Min = 1e-12 },
    ];

    public override int Run(Arguments arguments)
    {
        var (own, options) = Split(arguments);
        double lowest = own.Number("lr_min"), highest = own.Number("lr_max");
        if (lowest >= highest) throw new InputException($"lr_min={lowest:g6}: must be below lr_max={highest:g6}");
        using var backend = Backends.Open(options.Device, options.Threads, options.Conv);
        using var interrupt = new Interrupt();
        var test = new RateTest(lowest, highest, own.Integer("steps"));
        RateFinding? found = null;
        Display.Run(options, progress => found = RateFinder.Run(backend, options, test, progress, interrupt.Token));
        Print(found!);
        return interrupt.Token.IsCancellationRequested ? ExitCode.Interrupted : ExitCode.Done;
    }

    private static void Print(RateFinding found)
    {
        var points = found.Test.Points;
        Console.WriteLine($"{points.Count} steps, learning rate {points[0].Rate:g3} to {points[^1].Rate:g3}, loss {points[0].Smoothed:g4}, least {points.Min(p => p.Smoothed):g4}");
        if (found.Test is { Steepest: { } steepest, TenthOfLeast: { } tenth })
            Console.WriteLine($"the loss falls fastest at lr0={steepest:g2}; a tenth of the rate of the least loss is lr0={tenth:g2}");
        else
            Console.WriteLine("the loss did not fall: try more steps or a wider range");
        Console.WriteLine($"results saved to {found.Folder}");
    }
}
