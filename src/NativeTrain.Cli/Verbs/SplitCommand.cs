using NativeTrain.Cli.CommandLine;
using NativeTrain.Training;
using NativeTrain.Vision.Data.Splitting;

namespace NativeTrain.Cli.Verbs;

/// <summary>data split: divides a set into train, val and test by lists of files.</summary>
internal sealed class SplitCommand : CliVerb
{
    public override string Name => "data split";
    public override string Summary => "divide a set into train, val and test, class by class, by lists of files";
    public override string Usage => "data split DATA.yaml|FOLDER [val=0.2] [test=0] [seed=0] [output=DIR]";
    public override IReadOnlyList<string> Words => ["DATA.yaml|FOLDER"];
    public override IReadOnlyList<OptionSpec> Options { get; } =
    [
        new("val", OptionType.Number, "0.2", "share of the images to validate on", Verb.None) { Min = 0.0001, Max = 0.9999 },
        new("test", OptionType.Number, "0.0", "share of the images to test on", Verb.None) { Min = 0, Max = 0.9999 },
        new("seed", OptionType.Integer, "0", "the same seed gives the same division", Verb.None) { Min = 0 },
        new("output", OptionType.Text, null, "folder for train.txt, val.txt and data.yaml (split/ in the set's folder)", Verb.None),
    ];

    public override int Run(Arguments arguments)
    {
        var options = new OptionValues(Options, arguments.Options);
        var (parts, names, folder) = SetSplit.Write(arguments.Words[0], options.Text("output"), options.Number("val"), options.Number("test"), options.Integer("seed"));
        int width = Math.Max(5, names.Max(n => n.Length));
        Console.WriteLine($"{"class".PadRight(width)}{string.Concat(parts.Select(p => $"{p.Split,9}"))}");
        for (int c = 0; c < names.Count; c++)
            if (parts.Any(p => p.Objects[c] > 0))
                Console.WriteLine($"{names[c].PadRight(width)}{string.Concat(parts.Select(p => $"{p.Objects[c],9}"))}");
        Console.WriteLine($"{string.Join(", ", parts.Select(p => $"{p.Images.Count} {p.Split}"))} images in {Path.Combine(folder, "data.yaml")}");
        return ExitCode.Done;
    }
}
