using NativeTrain.Cli.CommandLine;
using NativeTrain.Training;

namespace NativeTrain.Cli.Verbs;

/// <summary>See <see cref="ResultsPage"/>.</summary>
internal sealed class ReportVerb : CliVerb
{
    public override string Name => "report";
    public override string Summary => "make the page results.html of a training's folder";
    public override string Usage => "report RUN";
    public override IReadOnlyList<string> Words => ["RUN"];

    public override int Run(Arguments arguments)
    {
        _ = new OptionValues(Options, arguments.Options);
        Console.WriteLine(ResultsPage.Write(arguments.Words[0]));
        return ExitCode.Done;
    }
}
