using NativeTrain.Cli.CommandLine;

namespace NativeTrain.Cli.Verbs;

/// <summary>What is done with data sets: each command stands in a file of its own.</summary>
internal sealed class DataVerb : CliVerb
{
    public override string Name => "data";
    public override string Summary => "draw, check, convert or split a data set";
    public override string Usage => "data COMMAND";
    public override IReadOnlyList<CliVerb> Commands { get; } = [new ShapesCommand(), new CheckCommand(), new ConvertCommand(), new SplitCommand()];

    public override int Run(Arguments arguments) => throw new InvalidOperationException("a command of the verb runs");
}
