using System.Diagnostics;
using NativeTrain.Cli.CommandLine;
using NativeTrain.Training;
using NativeTrain.Vision.Data.Checking;

namespace NativeTrain.Cli.Verbs;

/// <summary>data check: reads a whole data set and says what is wrong with it.</summary>
internal sealed class CheckCommand : CliVerb
{
    public override string Name => "data check";
    public override string Summary => "read a whole data set and say what is wrong with it; exit code 1 where something is";
    public override string Usage => "data check DATA.yaml|FOLDER [json=FILE] [output=DIR] [near=true]";
    public override IReadOnlyList<string> Words => ["DATA.yaml|FOLDER"];
    public override IReadOnlyList<OptionSpec> Options { get; } =
    [
        new("json", OptionType.Text, null, "write figures and findings to this file", Verb.None),
        new("output", OptionType.Text, "runs/check", "folder for worst.jpg, a picture of images at fault", Verb.None),
        new("near", OptionType.Switch, "false", "also look for images that look nearly the same", Verb.None),
    ];

    public override int Run(Arguments arguments)
    {
        var options = new OptionValues(Options, arguments.Options);
        var source = CheckSource.Open(arguments.Words[0]);
        var report = SetCheck.Run(source, options.Switch("near"), new Counter(source.Images.Count).Show);
        Console.Write(ReportText.Of(report));
        if (options.Text("json") is { } json) ReportJson.Write(json, report);
        string worst = Path.Combine(options.Required("output", "output=runs/check"), "worst.jpg");
        if (WorstPicture.Write(worst, report)) Console.WriteLine($"a picture of them: {worst}");
        return report.Problems.Any() ? ExitCode.CheckFailed : ExitCode.Done;
    }

    /// <summary>A line every ten seconds of a long examination.</summary>
    private sealed class Counter(int images)
    {
        private static readonly TimeSpan Quiet = TimeSpan.FromSeconds(10);
        private readonly Stopwatch sinceLine = Stopwatch.StartNew();

        public void Show(int done)
        {
            if (sinceLine.Elapsed < Quiet) return;
            sinceLine.Restart();
            Console.WriteLine($"{done}/{images} images read");
        }
    }
}
