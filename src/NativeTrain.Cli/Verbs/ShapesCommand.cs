using NativeTrain.Cli.CommandLine;
using NativeTrain.Training;
using NativeTrain.Vision.Data;

namespace NativeTrain.Cli.Verbs;

/// <summary>data shapes: draws a data set of shapes, the same for the same seed.</summary>
internal sealed class ShapesCommand : CliVerb
{
    public override string Name => "data shapes";
    public override string Summary => "generate a data set of drawn shapes";
    public override string Usage => "data shapes DIR [train=200] [val=50] [imgsz=320] [seed=0]";
    public override IReadOnlyList<string> Words => ["DIR"];
    public override IReadOnlyList<OptionSpec> Options { get; } =
    [
        new("train", OptionType.Integer, "200", "training images", Verb.None) { Min = 1, Max = 1_000_000 },
        new("val", OptionType.Integer, "50", "validation images", Verb.None) { Min = 1, Max = 1_000_000 },
        new("imgsz", OptionType.Integer, "320", "height and width of an image in pixels", Verb.None) { Min = 32, Max = 8192 },
        new("seed", OptionType.Integer, "0", "the same seed draws the same pictures", Verb.None) { Min = 0 },
    ];

    public override int Run(Arguments arguments)
    {
        var options = new OptionValues(Options, arguments.Options);
        string folder = arguments.Words[0];
        int train = options.Integer("train"), val = options.Integer("val");
        ShapesGenerator.Write(folder, train, val, options.Integer("imgsz"), options.Integer("seed"));
        Console.WriteLine($"{train} training and {val} validation images in {Path.GetFullPath(folder)}");
        Console.WriteLine($"train on them:  nativetrain train model=yolo11n.yaml data={Path.Combine(folder, "data.yaml")} imgsz={options.Integer("imgsz")}");
        return ExitCode.Done;
    }
}
