using System.Diagnostics;
using System.Globalization;
using NativeTrain.Cli.CommandLine;
using NativeTrain.Core;
using NativeTrain.Gradients;
using NativeTrain.Training;

namespace NativeTrain.Cli.Verbs;

/// <summary>Compares gradients with central differences: of ops, blocks, losses and whole models.</summary>
internal sealed class GradCheckVerb : CliVerb
{
    /// <summary>Elements of an input that are compared where elements= does not say: a kernel takes the emulator a hundred times as long.</summary>
    private const int Elements = 200, ElementsOnTheEmulator = 12;

    /// <summary>Lines of one failed case.</summary>
    private const int MostLines = 20;

    public override string Name => "gradcheck";
    public override string Summary => "compare gradients with central differences: ops, blocks, losses, whole models";
    public override string Usage => "gradcheck [OP|BLOCK|LOSS|MODEL|PREFIX]   (silu, C3k2, detection_loss, yolo11n.yaml, ../shared/golden/yolo11n-nc3-128, ops, blocks, losses, models)";
    public override IReadOnlyList<string> Words => ["OP|BLOCK|LOSS|MODEL|PREFIX"];
    public override int WordsNeeded => 0;
    public override IReadOnlyList<OptionSpec> Options { get; } =
    [
        new("dtype", OptionType.Text, "fp32", "element type of feature maps: fp32, bf16 or fp16; differences are taken in fp32 or double always", Verb.None) { Choices = ["fp32", "bf16", "fp16"] },
        new("shape", OptionType.Text, null, "extents instead of the cases' own, for one op, block or model: 2x8x8x32", Verb.None),
        new("seed", OptionType.Integer, "0", "inputs and directions follow from it", Verb.None) { Min = 0 },
        new("elements", OptionType.Integer, null, $"most elements of an input that are compared one by one ({Elements}; {ElementsOnTheEmulator} on the emulator); of larger inputs so many at random and a direction through all", Verb.None) { Min = 1 },
        new("tolerance", OptionType.Number, null, "largest error, as a part of the gradient's largest magnitude (what suits each case)", Verb.None) { Min = 0 },
        new("explain", OptionType.Switch, "false", "tell what a failure at these elements usually means", Verb.None),
        new("output", OptionType.Text, null, "write all of it to this JSON file", Verb.None),
        .. ComputeOptions.Place,
    ];

    public override int Run(Arguments arguments)
    {
        var options = new OptionValues(Options, arguments.Options);
        string? word = arguments.Words.Count > 0 ? arguments.Words[0] : null;
        var cases = GradCases.Find(word, options.Text("shape") is { } shape ? Extents(shape) : null);
        using var backend = ComputeOptions.Open(options);
        bool emulator = string.Equals(options.Text("device"), "emulator", StringComparison.OrdinalIgnoreCase);
        var check = new GradCheckOptions
        {
            Type = ComputeOptions.TypeOf(options.Required("dtype", "dtype=fp32")),
            Seed = options.Integer("seed"),
            Elements = options.IntegerOrNone("elements") ?? (emulator ? ElementsOnTheEmulator : Elements),
            Tolerance = options.Text("tolerance") is null ? null : options.Number("tolerance"),
        };
        return Run(backend, cases, check, oneByOne: word is not null, options.Switch("explain"), options.Text("output"));
    }

    /// <summary>Checks the cases, printing a row as soon as a case, or all of a subject, is done.</summary>
    internal static int Run(IBackend backend, IReadOnlyList<GradCase> cases, GradCheckOptions check, bool oneByOne, bool explain, string? output)
    {
        var watch = Stopwatch.StartNew();
        var results = new List<CaseResult>();
        using var interrupt = new Interrupt("ending after this case");
        Console.WriteLine(GradCheckTable.Header);
        foreach (var subject in cases.GroupBy(c => (c.Kind, oneByOne ? c.ToString() : c.Subject)))
        {
            CaseResult[] rows = [.. subject.TakeWhile(_ => !interrupt.Token.IsCancellationRequested).Select(c => GradCheck.Run(backend, c, check))];
            if (rows.Length == 0) break;
            results.AddRange(rows);
            Console.WriteLine(GradCheckTable.Row(rows));
            foreach (var failed in rows.Where(r => !r.Passed)) Console.WriteLine(Indented(failed, explain));
        }
        if (output is not null) GradCheckJson.Write(output, backend.Description, results);
        if (interrupt.Token.IsCancellationRequested) return ExitCode.Interrupted;
        return Conclude(results, watch.Elapsed.TotalSeconds, explain);
    }

    private static int Conclude(IReadOnlyList<CaseResult> results, double seconds, bool explain)
    {
        int failed = results.Count(r => !r.Passed);
        string told = $"{results.Sum(r => r.Compared):N0} derivatives in {seconds:F1} s";
        Console.WriteLine(failed == 0 ? $"all {results.Count} cases passed: {told}" : $"{failed} of {results.Count} cases FAILED: {told}");
        if (failed > 0 && !explain) Console.WriteLine("--explain tells what a failure at these elements usually means");
        return failed == 0 ? ExitCode.Done : ExitCode.CheckFailed;
    }

    /// <summary>What is wrong with a case; of a model, in which one mistake shows in many layers, the beginning.</summary>
    private static string Indented(CaseResult failed, bool explain)
    {
        var lines = failed.Lines(explain: false);
        IEnumerable<string> shown = lines.Count <= MostLines ? lines : lines.Take(MostLines).Append($"… and {lines.Count - MostLines} more (output= writes all)");
        return string.Join(Environment.NewLine, shown.Concat(explain ? failed.Explain().Select(e => "usually: " + e) : []).Select(line => "    " + line));
    }

    private static int[] Extents(string shape)
    {
        int[] dims = [.. shape.Trim('[', ']').Split('x', ',').Select(d => int.TryParse(d, NumberStyles.AllowLeadingWhite | NumberStyles.AllowTrailingWhite, CultureInfo.InvariantCulture, out int v) && v is > 0 and <= 65536 ? v : 0)];
        return dims.Contains(0) || dims.Length > 4 || dims.Aggregate(1L, (n, d) => n * d) > 1 << 26
            ? throw new InputException($"shape={shape}: must be one to four whole numbers, such as 2x8x8x32")
            : dims;
    }
}
