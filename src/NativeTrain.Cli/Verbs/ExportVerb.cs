using System.Globalization;
using NativeTrain.Cli.CommandLine;
using NativeTrain.Core;
using NativeTrain.Training;
using NativeTrain.Vision.Export;

namespace NativeTrain.Cli.Verbs;

/// <summary>See <see cref="Exporter"/>.</summary>
internal sealed class ExportVerb : CliVerb
{
    public override string Name => "export";
    public override string Summary => "write a trained model for other programs: ONNX, or a state dict";
    public override string Usage => "export model=WEIGHTS.safetensors [format=onnx|safetensors] [output=FILE] [nms=true] …";
    public override IReadOnlyList<OptionSpec> Options { get; } =
    [
        new("model", OptionType.Text, null, "the weights of a trained model (*.safetensors or *.pt)", Verb.None),
        new("format", OptionType.Text, "onnx", "onnx: a graph for inference; safetensors: the weights under the reference's names, as PyTorch loads them", Verb.None),
        new("output", OptionType.Text, null, "the file to write (the model's name, ending in .onnx or .state_dict.safetensors)", Verb.None),
        new("imgsz", OptionType.Text, null, "input size in pixels, one number or height,width, rounded up to multiples of 32 (what the model was trained with, or 640)", Verb.None),
        new("batch", OptionType.Integer, "1", "images a run", Verb.None) { Min = 1, Max = 4096 },
        new("dynamic", OptionType.Switch, "false", "leave batch, height and width free", Verb.None),
        new("nms", OptionType.Switch, "false", "non-maximum suppression inside the graph", Verb.None),
        new("conf", OptionType.Number, "0.25", "nms: least confidence of a detection", Verb.None) { Min = 0, Max = 1 },
        new("iou", OptionType.Number, "0.7", "nms: boxes that overlap a better one by more than this are removed", Verb.None) { Min = 0, Max = 1 },
        new("max_det", OptionType.Integer, "300", "nms: detections an image", Verb.None) { Min = 1, Max = 30000 },
        new("agnostic_nms", OptionType.Switch, "false", "nms: boxes of different classes suppress each other too", Verb.None),
        new("opset", OptionType.Integer, "17", "version of the ONNX operators", Verb.None) { Min = OnnxExport.LeastOpset, Max = OnnxExport.MostOpset },
        new("simplify", OptionType.Switch, "true", "taken, and without effect: nothing is left to simplify in the graph", Verb.None),
        new("device", OptionType.Text, "cpu", "where the weights are read to", Verb.None),
    ];

    public override int Run(Arguments arguments)
    {
        var options = new OptionValues(Options, arguments.Options);
        using var backend = Backends.Open(options.Text("device"), threads: 0);
        var nms = new OnnxNms((float)options.Number("conf"), (float)options.Number("iou"), options.Integer("max_det"), options.Switch("agnostic_nms"));
        var request = new ExportRequest(options.Required("model", "model=runs/detect/train/weights/best.safetensors"), Format(options.Text("format")!),
            options.Text("output"), Size(options.Text("imgsz")), options.Integer("batch"), options.Switch("dynamic"), options.Integer("opset"), options.Switch("nms") ? nms : null);
        TellUnused(request, [.. arguments.Options.Select(o => Find(o.Key)?.Name).OfType<string>()]);
        var (path, height, width) = Exporter.Run(backend, request);
        string size = $"{new FileInfo(path).Length / 1e6:F1} MB";
        Console.WriteLine(request.Format == ExportFormat.Onnx ? $"{path}: ONNX, {height}x{width}, {size}" : $"{path}: state dict, {size}");
        return ExitCode.Done;
    }

    /// <summary>Which of the given options do nothing for this request.</summary>
    private static void TellUnused(ExportRequest request, IReadOnlyList<string> given)
    {
        string[] ofSuppression = ["conf", "iou", "max_det", "agnostic_nms"], ofGraphs = ["imgsz", "batch", "dynamic", "nms", "opset", .. ofSuppression];
        if (request.Format == ExportFormat.Safetensors) Tell(ofGraphs, "a state dict");
        else if (request.Nms is null) Tell(ofSuppression, "a graph without nms=true");

        void Tell(string[] unused, string on)
        {
            if (given.Intersect(unused).ToList() is { Count: > 0 } names) Console.WriteLine($"{string.Join(", ", names)}: of no effect on {on}");
        }
    }

    private static ExportFormat Format(string text) => text.ToLowerInvariant() switch
    {
        "onnx" => ExportFormat.Onnx,
        "safetensors" => ExportFormat.Safetensors,
        _ => throw new InputException($"format={text}: must be onnx or safetensors (PyTorch loads the latter with safetensors.torch.load_file)"),
    };

    /// <summary>"640", "480,640" or "[480, 640]": height and width.</summary>
    private static (int Height, int Width)? Size(string? text)
    {
        if (text is null) return null;
        int[] sides = [.. text.Trim('[', ']').Split(',').Select(side => int.TryParse(side, NumberStyles.Integer, CultureInfo.InvariantCulture, out int n) && n is >= 32 and <= 8192 ? n : 0)];
        if (sides.Length > 2 || sides.Contains(0)) throw new InputException($"imgsz={text}: must be one number or height,width, each from 32 to 8192");
        return (sides[0], sides[^1]);
    }
}
