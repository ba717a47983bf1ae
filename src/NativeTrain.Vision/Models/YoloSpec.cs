using System.Globalization;
using NativeTrain.Core;
using NativeTrain.Nn;
using NativeTrain.Vision.Data;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace NativeTrain.Vision.Models;

/// <summary>One layer of the graph as the yaml gives it, before scaling. From holds layer numbers; −1 is the layer before.</summary>
public sealed record LayerSpec(IReadOnlyList<int> From, int Repeats, string Block, IReadOnlyList<string> Arguments);

/// <summary>A YOLO graph and the size it is to be built in.</summary>
/// <param name="Name">"yolo11n", "yolo11n-seg", … or the yaml file's name.</param>
/// <param name="Size">n, s, m, l or x.</param>
/// <param name="Depth">Factor on repeats.</param>
/// <param name="Width">Factor on channels.</param>
/// <param name="MaxChannels">Channels are cut to this before the factor.</param>
/// <param name="Layers">The graph.</param>
public sealed record YoloSpec(string Name, char Size, double Depth, double Width, int MaxChannels, IReadOnlyList<LayerSpec> Layers)
{
    public const string Sizes = "nsmlx";

    private const string BuiltInName = "yolo11";

    /// <summary>The yaml text of a graph of the user's, by which its weights can be read back; null for a built-in one.</summary>
    public string? Source { get; init; }

    /// <summary>What the last layer is for.</summary>
    public YoloTask Task => Layers[^1].Block switch
    {
        "Segment" => YoloTask.Segment,
        "Classify" => YoloTask.Classify,
        _ => YoloTask.Detect,
    };

    /// <summary>In sizes m, l and x every C3k2 is built of C3k.</summary>
    public bool AlwaysC3k => Size is 'm' or 'l' or 'x';

    /// <summary>
    /// Resolves <c>model=</c>: a yaml file of the user's, or one of the graphs that come with the program, "yolo11n.yaml",
    /// "yolo11n-seg.yaml" and "yolo11n-cls.yaml" (n, s, m, l, x; also without ".yaml"). The size is the letter before the
    /// ending (n where there is none).
    /// </summary>
    /// <exception cref="InputException">No such model, or the file is malformed.</exception>
    public static YoloSpec Resolve(string model)
    {
        ArgumentException.ThrowIfNullOrEmpty(model);
        if (TensorFile.HasKnownEnding(model)) throw new InputException($"model={model}: names weights, but a graph is needed here, such as yolo11n.yaml");
        string name = Path.GetFileNameWithoutExtension(model);
        var task = Enum.GetValues<YoloTask>().LastOrDefault(t => name.EndsWith(Ending(t), StringComparison.Ordinal));
        string stem = name[..^Ending(task).Length];
        bool sized = stem.Length > 0 && Sizes.Contains(stem[^1]);
        char size = sized ? stem[^1] : 'n';
        if (File.Exists(model)) return FromText(Read(model), model, name, size);
        if (sized && stem[..^1] == BuiltInName) return BuiltIn(size, task);
        throw new InputException($"model={model}: no such file, and the built-in models are yolo11n.yaml, yolo11n-seg.yaml and yolo11n-cls.yaml, with s, m, l or x instead of n too");
    }

    /// <summary>The built-in YOLO11 graph of a task in a size.</summary>
    public static YoloSpec BuiltIn(char size, YoloTask task = YoloTask.Detect)
    {
        string file = $"{BuiltInName}{Ending(task)}.yaml";
        using var stream = typeof(YoloSpec).Assembly.GetManifestResourceStream(file)!;
        using var reader = new StreamReader(stream);
        return Parse(reader.ReadToEnd(), file, $"{BuiltInName}{size}{Ending(task)}", size);
    }

    /// <summary>What the name of a task's model ends in.</summary>
    private static string Ending(YoloTask task) => task switch
    {
        YoloTask.Segment => "-seg",
        YoloTask.Classify => "-cls",
        _ => "",
    };

    /// <summary>A graph of the user's from its yaml text.</summary>
    /// <param name="text">The yaml.</param>
    /// <param name="file">The file it is from, for messages.</param>
    /// <param name="name">The model's name.</param>
    /// <param name="size">n, s, m, l or x.</param>
    /// <exception cref="InputException">The text is malformed.</exception>
    internal static YoloSpec FromText(string text, string file, string name, char size) =>
        Parse(text, file, name, size) with { Source = text };

    private static string Read(string path)
    {
        try
        {
            return File.ReadAllText(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new InputException($"{path}: cannot be read: {e.Message}", e);
        }
    }

    private static YoloSpec Parse(string text, string file, string name, char size)
    {
        try
        {
            var root = (YamlMappingNode)(YamlText.Load(text) ?? throw new FormatException("an empty text"));
            var scale = ((YamlSequenceNode)((YamlMappingNode)root["sizes"])[size.ToString()]).Select(Number).ToArray();
            var layers = ((YamlSequenceNode)root["layers"]).Select(Layer).ToArray();
            if (!scale.All(factor => factor > 0)) throw new FormatException("a scale is not positive");
            return new YoloSpec(name, size, scale[0], scale[1], (int)scale[2], layers);
        }
        catch (YamlException e)
        {
            throw new InputException($"{file}:{e.Start.Line}: {e.Message.ReplaceLineEndings(" ")}", e);
        }
        catch (Exception e) when (e is KeyNotFoundException or InvalidCastException or FormatException or ArgumentException or OverflowException or IndexOutOfRangeException or InvalidOperationException)
        {
            throw new InputException($"{file}: not a model: it needs sizes: with an entry {size}: [depth, width, channels] and layers: of [from, repeats, block, [arguments]]", e);
        }
    }

    private static LayerSpec Layer(YamlNode node)
    {
        var s = (YamlSequenceNode)node;
        int[] from = s[0] is YamlSequenceNode many ? [.. many.Select(n => (int)Number(n))] : [(int)Number(s[0])];
        return new LayerSpec(from, (int)Number(s[1]), ((YamlScalarNode)s[2]).Value!, [.. ((YamlSequenceNode)s[3]).Select(a => ((YamlScalarNode)a).Value!)]);
    }

    private static double Number(YamlNode node) => double.Parse(((YamlScalarNode)node).Value!, CultureInfo.InvariantCulture);
}
