using NativeTrain.Cli.CommandLine;
using NativeTrain.Core;
using NativeTrain.Training;
using NativeTrain.Vision.Data.Converting;

namespace NativeTrain.Cli.Verbs;

/// <summary>data convert: turns a set in another layout into one in YOLO layout.</summary>
internal sealed class ConvertCommand : CliVerb
{
    public override string Name => "data convert";
    public override string Summary => "turn COCO or Pascal VOC annotations into a set in YOLO layout";
    public override string Usage => "data convert INSTANCES.json|ANNOTATIONS_DIR from=coco|voc images=DIR output=DIR [split=train] [task=detect]";
    public override IReadOnlyList<string> Words => ["INSTANCES.json|ANNOTATIONS_DIR"];
    public override IReadOnlyList<OptionSpec> Options { get; } =
    [
        new("from", OptionType.Text, null, "the layout: coco (a JSON file of instances) or voc (a folder of XML files)", Verb.None) { Choices = ["coco", "voc"] },
        new("images", OptionType.Text, null, "folder of the images", Verb.None),
        new("output", OptionType.Text, null, "folder of the new set; a second split is added to the first", Verb.None),
        new("split", OptionType.Text, "train", "the split to write", Verb.None) { Choices = ["train", "val", "test"] },
        new("task", OptionType.Text, "detect", "detect: boxes; segment: outlines, where there are some", Verb.None) { Choices = ["detect", "segment"] },
        new("link", OptionType.Switch, "false", "hard-link the images instead of copying them", Verb.None),
    ];

    public override int Run(Arguments arguments)
    {
        var options = new OptionValues(Options, arguments.Options);
        string source = arguments.Words[0], from = options.Required("from", "from=coco"), split = options.Text("split")!;
        string images = options.Required("images", "images=train2017"), output = options.Required("output", "output=my-set");
        bool segment = options.Text("task") == "segment";
        if (segment && from == "voc") throw new InputException("task=segment: the XML files of Pascal VOC hold boxes only; leave task= out");

        var set = from == "coco" ? CocoFile.Read(source, images, segment) : VocFolder.Read(source, images);
        if (set.Images.Count == 0)
            throw new InputException($"{source}: none of its images can be used: {string.Join(", ", set.LeftOut.Select(l => $"{l.Value} {l.Key}"))}; images={images} must be their folder");
        var (objects, dropped) = YoloLayout.Write(output, split, set, options.Switch("link"));
        foreach (var (reason, count) in set.LeftOut) Console.WriteLine($"left out: {count} {reason}");
        if (dropped > 0) Console.WriteLine($"left out: {dropped} objects without area inside their image");
        Console.WriteLine($"{split}: {set.Images.Count} images, {objects} objects of {set.Names.Count} classes in {Path.GetFullPath(output)}");
        return ExitCode.Done;
    }
}
