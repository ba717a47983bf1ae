using NativeTrain.Cli.CommandLine;
using NativeTrain.Training;

namespace NativeTrain.Cli.Verbs;

/// <summary>Prints the list of verbs, or all options as a page of Markdown (docs/options.md).</summary>
internal sealed class HelpVerb : CliVerb
{
    public override string Name => "help";
    public override string Summary => "print this page";
    public override string Usage => "help [--markdown]";
    public override IReadOnlyList<OptionSpec> Options { get; } =
    [
        new("markdown", OptionType.Switch, "false", "print every verb and option as docs/options.md holds them", Verb.None),
    ];

    public override int Run(Arguments arguments)
    {
        var options = new OptionValues(Options, arguments.Options);
        Console.Write(options.Switch("markdown") ? HelpPage.Markdown() : HelpPage.Overview());
        return ExitCode.Done;
    }
}
