using NativeTrain.Cli.CommandLine;
using NativeTrain.Core;
using NativeTrain.Nn;
using NativeTrain.Training;
using NativeTrain.Vision.Models;

namespace NativeTrain.Cli.Verbs;

/// <summary>Prints a model's layers, parameters and floating-point operations, counted on the meta backend.</summary>
internal sealed class InfoVerb : CliVerb
{
    public override string Name => "info";
    public override string Summary => "print a model's layers, parameters and GFLOPs";
    public override string Usage => "info model=yolo11n.yaml|weights.safetensors [imgsz=640] [nc=80]";
    public override IReadOnlyList<OptionSpec> Options { get; } =
    [
        new("model", OptionType.Text, null, "a graph (yolo11n.yaml, also s, m, l, x) or weights (*.safetensors, *.pt)", Verb.None),
        new("imgsz", OptionType.Integer, "640", "input size in pixels, rounded up to a multiple of 32", Verb.None) { Min = 32, Max = 8192 },
        new("nc", OptionType.Integer, null, "number of classes (80 for a graph; weights tell their own)", Verb.None) { Min = 1 },
    ];

    public override int Run(Arguments arguments)
    {
        var options = new OptionValues(Options, arguments.Options);
        int imgsz = (options.Integer("imgsz") + 31) / 32 * 32;
        using var meta = new MetaBackend();
        using var model = Open(meta, options.Required("model", "model=yolo11n.yaml"), options.IntegerOrNone("nc"));
        Print(model, imgsz);
        Console.WriteLine();
        Console.WriteLine($"{model.Spec.Name}, {model.Classes} classes: {model.Layers.Count} layers, {model.ParameterCount:N0} parameters, {ForwardFlops(meta, model, imgsz) / 1e9:F1} GFLOPs at {imgsz}x{imgsz}");
        return ExitCode.Done;
    }

    private static YoloModel Open(IBackend backend, string path, int? classes)
    {
        if (!TensorFile.HasKnownEnding(path))
            return YoloModel.Create(backend, YoloSpec.Resolve(path), classes ?? 80);
        var model = WeightsFile.Open(backend, path);
        if (classes is null || classes == model.Classes) return model;
        model.Dispose();
        throw new InputException($"nc={classes}: {path} has {model.Classes} classes; leave nc= out");
    }

    private static void Print(YoloModel model, int imgsz)
    {
        Console.WriteLine($"{"layer",5}  {"from",-14}{"n",3}  {"block",-10}{"parameters",12}  output (height x width x channels)");
        foreach (var layer in model.Layers)
        {
            long parameters = layer.Module?.NamedParameters("").Sum(p => p.Parameter.Value.Count) ?? 0;
            string from = string.Join(", ", layer.From.Select(f => f < 0 ? "image" : f.ToString()));
            string output = layer.OutChannels > 0 ? Map(imgsz / layer.Stride, layer.OutChannels) : Output(model, imgsz);
            Console.WriteLine($"{layer.Index,5}  {from,-14}{layer.Repeats,3}  {layer.Block,-10}{parameters,12:N0}  {output}");
        }
    }

    /// <summary>What the head gives: logits and coefficients by level and prototypes, or logits.</summary>
    private static string Output(YoloModel model, int imgsz) => model.Head switch
    {
        SegmentHead head => $"{Levels(model, imgsz, head.Prototypes)}, prototypes {Map(imgsz / head.PrototypeStride, head.Prototypes)}",
        DetectHead => Levels(model, imgsz, 0),
        _ => $"{model.Classes}",
    };

    private static string Levels(YoloModel model, int imgsz, int coefficients) =>
        string.Join(", ", model.Strides.Select(s => Map(imgsz / s, 4 * DetectHead.RegMax + model.Classes + coefficients)));

    private static string Map(int size, int channels) => $"{size} x {size} x {channels}";

    private static long ForwardFlops(MetaBackend meta, YoloModel model, int imgsz)
    {
        using var image = Tensor.Create(meta, new Shape(1, imgsz, imgsz, 3));
        using var tape = new Tape(meta, record: false, training: false);
        long before = meta.Flops;
        model.Forward(tape, image);
        return meta.Flops - before;
    }
}
