using NativeTrain.Cli.CommandLine;
using NativeTrain.Training;
using NativeTrain.Vision.Data;
using NativeTrain.Vision.Models;

namespace NativeTrain.Cli.Verbs;

/// <summary>data shapes: draws a data set of shapes, the same for the same seed.</summary>
internal sealed class ShapesCommand : CliVerb
{
    public override string Name => "data shapes";
    public override string Summary => "generate a data set of drawn shapes";
    public override string Usage => "data shapes DIR [task=detect] [train=200] [val=50] [imgsz=320] [seed=0]";
    public override IReadOnlyList<string> Words => ["DIR"];
    public override IReadOnlyList<OptionSpec> Options { get; } =
    [
        new("task", OptionType.Text, "detect", "what is learned from it: boxes (detect), outlines (segment), the one shape of a picture (classify)", Verb.None) { Choices = ["detect", "segment", "classify"] },
        new("train", OptionType.Integer, "200", "training images", Verb.None) { Min = 1, Max = 1_000_000 },
        new("val", OptionType.Integer, "50", "validation images", Verb.None) { Min = 1, Max = 1_000_000 },
        new("test", OptionType.Integer, null, "test images (if it is not given: none; classify: as many as val)", Verb.None) { Min = 0, Max = 1_000_000 },
        new("imgsz", OptionType.Integer, "320", "height and width of an image in pixels", Verb.None) { Min = ShapesGenerator.LeastSide, Max = ShapesGenerator.MostSide },
        new("seed", OptionType.Integer, "0", "the same seed draws the same pictures", Verb.None) { Min = 0 },
    ];

    public override int Run(Arguments arguments)
    {
        var options = new OptionValues(Options, arguments.Options);
        string folder = arguments.Words[0], name = options.Required("task", "task=detect");
        var task = name switch { "segment" => YoloTask.Segment, "classify" => YoloTask.Classify, _ => YoloTask.Detect };
        int train = options.Integer("train"), val = options.Integer("val"), imgsz = options.Integer("imgsz");
        int test = options.IntegerOrNone("test") ?? (task == YoloTask.Classify ? val : 0);
        using (var interrupt = new Interrupt("removing what is half done"))
            ShapesGenerator.Write(folder, train, val, imgsz, options.Integer("seed"), task, test, interrupt.Token);
        Console.WriteLine($"{train} training and {val} validation{(test > 0 ? $" and {test} test" : "")} images in {Path.GetFullPath(folder)}");
        string data = task == YoloTask.Classify ? folder : Path.Combine(folder, "data.yaml");
        Console.WriteLine($"train on them:  nativetrain train model=yolo11n{TaskNames.Suffix(name)}.yaml data={data} imgsz={imgsz}");
        return ExitCode.Done;
    }
}
