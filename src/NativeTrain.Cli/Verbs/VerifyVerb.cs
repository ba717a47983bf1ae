using NativeTrain.Cli.CommandLine;
using NativeTrain.Core;
using NativeTrain.Training;

namespace NativeTrain.Cli.Verbs;

/// <summary>Compares outputs, loss, gradients, batch-norm statistics and eval output with a reference's numbers.</summary>
internal sealed class VerifyVerb : CliVerb
{
    public override string Name => "verify";
    public override string Summary => "compare a model's outputs, loss and gradients with a reference's numbers";
    public override string Usage => "verify PREFIX   (PREFIX.weights.safetensors, .batch.safetensors, .expected.safetensors)";
    public override IReadOnlyList<string> Words => ["PREFIX"];
    public override IReadOnlyList<OptionSpec> Options { get; } =
    [
        ComputeOptions.Amp("element type of feature maps: false (fp32), or bf16, fp16 or true (the one that training takes), of which the outputs and the loss are compared, and in fp16 all gradients together"),
        .. ComputeOptions.Place,
    ];

    public override int Run(Arguments arguments)
    {
        var options = new OptionValues(Options, arguments.Options);
        using var backend = ComputeOptions.Open(options);
        var results = Verification.Run(backend, arguments.Words[0], Precision.TypeOf(options.Required("amp", "amp=false"), backend));
        Console.WriteLine($"{"what",-12}{"tensors",8}  {"worst",-46}{"deviation",10}{"allowed",10}");
        foreach (var group in results.GroupBy(r => r.Group))
        {
            var worst = group.MaxBy(r => r.Deviation)!;
            Console.WriteLine($"{group.Key,-12}{group.Count(),8}  {worst.Name,-46}{worst.Deviation,10:E1}{worst.Tolerance,10:E1}  {(group.All(r => r.Passed) ? "passed" : "FAILED")}");
        }
        var failed = results.Where(r => !r.Passed).ToList();
        foreach (var f in failed.Take(20)) Console.WriteLine($"out of tolerance: {f.Name} {f.Deviation:E2}, allowed {f.Tolerance:E1}");
        Console.WriteLine(failed.Count == 0 ? $"all {results.Count} tensors agree" : $"{failed.Count} of {results.Count} tensors disagree");
        return failed.Count == 0 ? ExitCode.Done : ExitCode.CheckFailed;
    }
}
