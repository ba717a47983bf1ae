using System.Globalization;
using NativeTrain.Core;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace NativeTrain.Vision.Models;

/// <summary>One layer of the graph as the yaml gives it, before scaling. From holds layer numbers; −1 is the layer before.</summary>
public sealed record LayerSpec(IReadOnlyList<int> From, int Repeats, string Block, IReadOnlyList<string> Arguments);

/// <summary>A YOLO graph and the size it is to be built in.</summary>
/// <param name="Name">"yolo11n" or the yaml file's name.</param>
/// <param name="Size">n, s, m, l or x.</param>
/// <param name="Depth">Factor on repeats.</param>
/// <param name="Width">Factor on channels.</param>
/// <param name="MaxChannels">Channels are cut to this before the factor.</param>
/// <param name="Layers">The graph.</param>
public sealed record YoloSpec(string Name, char Size, double Depth, double Width, int MaxChannels, IReadOnlyList<LayerSpec> Layers)
{
    public const string Sizes = "nsmlx";

    /// <summary>The yaml text of a graph of the user's, by which its weights can be read back; null for the built-in one.</summary>
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
    /// Resolves <c>model=</c>: a yaml file of the user's, or "yolo11n.yaml" … "yolo11x.yaml" ("yolo11n" too), the graph that
    /// comes with the program. The size is the letter before ".yaml" (n where there is none).
    /// </summary>
    /// <exception cref="InputException">No such model, or the file is malformed.</exception>
    public static YoloSpec Resolve(string model)
    {
        ArgumentException.ThrowIfNullOrEmpty(model);
        string name = Path.GetFileNameWithoutExtension(model);
        char size = name.Length > 0 && Sizes.Contains(name[^1]) ? name[^1] : 'n';
        if (File.Exists(model)) return FromText(Read(model), model, name, size);
        if (name.Length == 7 && name.StartsWith("yolo11", StringComparison.Ordinal) && Sizes.Contains(name[6])) return BuiltIn(name[6]);
        throw new InputException($"model={model}: no such file, and the built-in models are yolo11n.yaml, yolo11s.yaml, yolo11m.yaml, yolo11l.yaml and yolo11x.yaml");
    }

    /// <summary>The built-in YOLO11 graph in a size.</summary>
    public static YoloSpec BuiltIn(char size)
    {
        using var stream = typeof(YoloSpec).Assembly.GetManifestResourceStream("yolo11.yaml")!;
        using var reader = new StreamReader(stream);
        return Parse(reader.ReadToEnd(), "yolo11.yaml", $"yolo11{size}", size);
    }

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
            var yaml = new YamlStream();
            yaml.Load(new StringReader(text));
            var root = (YamlMappingNode)yaml.Documents[0].RootNode;
            var scale = ((YamlSequenceNode)((YamlMappingNode)root["sizes"])[size.ToString()]).Select(Number).ToArray();
            var layers = ((YamlSequenceNode)root["layers"]).Select(Layer).ToArray();
            if (!scale.All(factor => factor > 0)) throw new FormatException("a scale is not positive");
            return new YoloSpec(name, size, scale[0], scale[1], (int)scale[2], layers);
        }
        catch (YamlException e)
        {
            throw new InputException($"{file}:{e.Start.Line}: {e.Message.ReplaceLineEndings(" ")}", e);
        }
        catch (Exception e) when (e is KeyNotFoundException or InvalidCastException or FormatException or ArgumentException or IndexOutOfRangeException or InvalidOperationException)
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
