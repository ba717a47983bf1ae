using NativeTrain.Cli.CommandLine;

namespace NativeTrain.Cli.Verbs;

/// <summary>What is done with data sets: each command stands in a file of its own.</summary>
internal sealed class DataVerb : CliVerb
{
    public override string Name => "data";
    public override string Summary => "draw a data set of shapes, or check one";
    public override string Usage => "data COMMAND";
    public override IReadOnlyList<CliVerb> Commands { get; } = [new ShapesCommand(), new CheckCommand()];

    public override int Run(Arguments arguments) => throw new InvalidOperationException("a command of the verb runs");
}
