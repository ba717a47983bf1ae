using NativeTrain.Training;
using Spectre.Console;

namespace NativeTrain.Cli.Progress;

/// <summary>Chooses how a run is shown.</summary>
internal static class Display
{
    /// <summary>Runs <paramref name="work"/> with the display that fits the output: live on a terminal, plain lines elsewhere.</summary>
    /// <param name="options">Whether to be verbose.</param>
    /// <param name="work">Tells the display what it does.</param>
    /// <param name="plain">Plain lines wherever the output goes: launchers pretend to be a terminal.</param>
    public static void Run(TrainOptions options, Action<ITrainingProgress> work, bool plain = false)
    {
        if (plain || Console.IsOutputRedirected || Environment.GetEnvironmentVariable("TERM") == "dumb")
            work(new PlainProgress(Console.Out, options.Verbose));
        else
            LiveProgress.Run(AnsiConsole.Console, options.Verbose, work);
    }
}
