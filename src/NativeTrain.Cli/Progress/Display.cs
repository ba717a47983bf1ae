using NativeTrain.Training;
using Spectre.Console;

namespace NativeTrain.Cli.Progress;

/// <summary>Chooses how a run is shown.</summary>
internal static class Display
{
    /// <summary>Runs <paramref name="work"/> with the display that fits the output: live on a terminal, plain lines elsewhere.</summary>
    public static void Run(TrainOptions options, Action<ITrainingProgress> work)
    {
        if (Console.IsOutputRedirected || Environment.GetEnvironmentVariable("TERM") == "dumb")
            work(new PlainProgress(Console.Out, options.Verbose));
        else
            LiveProgress.Run(AnsiConsole.Console, options.Verbose, work);
    }
}
