using NativeTrain.Cli.CommandLine;

namespace NativeTrain.Cli.Verbs;

/// <summary>Times what training is made of: each command stands in a file of its own.</summary>
internal sealed class BenchVerb : CliVerb
{
    public override string Name => "bench";
    public override string Summary => "time training steps, single kernels or sums over processes";
    public override string Usage => "bench COMMAND";
    public override IReadOnlyList<CliVerb> Commands { get; } = [new BenchTrainCommand(), new BenchKernelsCommand(), new BenchScaleCommand(), new BenchAllReduceCommand()];

    public override int Run(Arguments arguments) => throw new InvalidOperationException("a command of the verb runs");
}
