using System.Globalization;
using NativeTrain.Core;
using NativeTrain.Vision.Images;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace NativeTrain.Vision.Data;

/// <summary>
/// A data set's description:
/// <code>
/// path: .              # root, relative to this file (optional)
/// train: images/train  # a folder, a list file (one image a line), or a list of either; relative to the root
/// val: images/val
/// names: {0: RBC, 1: WBC}   # or a list
/// nc: 2                # optional; must agree with names
/// </code>
/// </summary>
public sealed class DataYaml
{
    private readonly YamlMappingNode map;

    private DataYaml(string path, YamlMappingNode map)
    {
        Path = path;
        this.map = map;
        Root = FindRoot();
        Names = ReadNames();
        CheckCount();
    }

    /// <summary>Full path of the yaml file.</summary>
    public string Path { get; }

    /// <summary>The folder that the splits are relative to.</summary>
    public string Root { get; }

    /// <summary>Class names by index.</summary>
    public IReadOnlyList<string> Names { get; }

    /// <exception cref="InputException">Missing or malformed file, no names, nc that disagrees.</exception>
    public static DataYaml Load(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        string full = System.IO.Path.GetFullPath(path);
        if (Directory.Exists(full)) throw new InputException($"{path}: is a folder; data= takes the data.yaml inside it");
        if (!File.Exists(full)) throw new InputException($"{path}: no such file; data= takes the path of a data.yaml");
        Parser? parser = null;
        try
        {
            using var reader = new StreamReader(full);
            parser = new Parser(reader);
            var stream = new YamlStream();
            stream.Load(parser);
            if (stream.Documents.Count == 0 || stream.Documents[0].RootNode is not YamlMappingNode map)
                throw new InputException($"{path}: not a data set description; it needs lines such as 'train: images/train' and 'names: [cat, dog]'");
            return new DataYaml(full, map);
        }
        catch (YamlException e)
        {
            throw new InputException($"{path}:{e.End.Line}: malformed yaml: {OneLine(e.Message)}", e);
        }
        catch (Exception e) when (e is InvalidOperationException or ArgumentException)
        {
            // The parser's own slips on malformed input; the last thing it understood tells where.
            throw new InputException($"{path}:{parser?.Current?.Start.Line ?? 1}: malformed yaml", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new InputException($"{path}: cannot be read: {e.Message}", e);
        }
    }

    /// <summary>Whether the file names this split ("train", "val", "test").</summary>
    public bool Has(string split) => Find(split) is not null;

    /// <summary>Full paths of a split's images, each once, in ordinal order.</summary>
    /// <exception cref="InputException">The split is not named, its folder or list is missing, or it holds no image.</exception>
    public IReadOnlyList<string> Images(string split)
    {
        var node = Find(split)
            ?? throw new InputException($"{Path}: no '{split}:' entry; add one that names a folder of images or a list file");
        var entries = node is YamlSequenceNode list ? list.Children : [node];
        var images = new SortedSet<string>(StringComparer.Ordinal);
        foreach (var entry in entries)
        {
            string text = Scalar(entry, $"'{split}' takes a folder, a list file, or a list of them");
            images.UnionWith(Expand(System.IO.Path.GetFullPath(text, Root), entry));
        }
        if (images.Count == 0)
            throw new InputException($"{Path}:{node.Start.Line}: the '{split}' split is empty: no image ({string.Join(" ", ImageFile.Extensions)}) in {string.Join(", ", entries)}");
        return [.. images];
    }

    private static IEnumerable<string> Expand(string path, YamlNode entry, string yaml)
    {
        if (Directory.Exists(path))
            return Directory.EnumerateFiles(path, "*", SearchOption.AllDirectories).Where(ImageFile.HasImageExtension);
        if (!File.Exists(path))
            throw new InputException($"{yaml}:{entry.Start.Line}: {path} does not exist; paths count from the 'path:' entry, and that from the yaml file's folder");
        if (ImageFile.HasImageExtension(path)) return [path];
        // A list file: one image a line; lines that are not absolute count from the list's own folder.
        string folder = System.IO.Path.GetDirectoryName(path)!;
        return File.ReadLines(path)
            .Select(line => line.Trim())
            .Where(line => line.Length > 0 && ImageFile.HasImageExtension(line))
            .Select(line => System.IO.Path.GetFullPath(line, folder));
    }

    private IEnumerable<string> Expand(string path, YamlNode entry) => Expand(path, entry, Path);

    private string FindRoot()
    {
        string folder = System.IO.Path.GetDirectoryName(Path)!;
        var node = Find("path");
        if (node is null) return folder;
        string root = System.IO.Path.GetFullPath(Scalar(node, "'path' takes a folder"), folder);
        if (!Directory.Exists(root))
            throw new InputException($"{Path}:{node.Start.Line}: {root} does not exist; 'path:' counts from the yaml file's folder");
        return root;
    }

    private string[] ReadNames()
    {
        switch (Find("names"))
        {
            case YamlSequenceNode list when list.Children.Count > 0:
                return [.. list.Children.Select(n => Scalar(n, "a class name is a word"))];
            case YamlMappingNode names when names.Children.Count > 0:
                return FromMap(names);
            case { } other:
                throw new InputException($"{Path}:{other.Start.Line}: 'names' takes a list [cat, dog] or a map {{0: cat, 1: dog}}");
            default:
                throw new InputException($"{Path}: no 'names:' entry; add the class names, e.g. names: [cat, dog]");
        }
    }

    private string[] FromMap(YamlMappingNode map)
    {
        var names = new string?[map.Children.Count];
        foreach (var (key, value) in map.Children)
        {
            string text = Scalar(key, "a class index is a number");
            if (!int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int index) || index >= names.Length || names[index] is not null)
                throw new InputException($"{Path}:{key.Start.Line}: class index '{text}': the indices must be 0 to {names.Length - 1}, each once");
            names[index] = Scalar(value, "a class name is a word");
        }
        return names!;
    }

    private void CheckCount()
    {
        if (Find("nc") is not { } node) return;
        string text = Scalar(node, "'nc' takes a number");
        if (!int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int count) || count != Names.Count)
            throw new InputException($"{Path}:{node.Start.Line}: nc is {text}, but names lists {Names.Count} classes; remove nc or correct it");
    }

    /// <summary>The value of a key; null where it is absent or empty.</summary>
    private YamlNode? Find(string key) =>
        map.Children.TryGetValue(new YamlScalarNode(key), out var node) && node is not YamlScalarNode { Value: null or "" or "~" or "null" } ? node : null;

    private string Scalar(YamlNode node, string expectation) =>
        node is YamlScalarNode { Value: { } value } ? value : throw new InputException($"{Path}:{node.Start.Line}: {expectation}");

    private static string OneLine(string message) => message.ReplaceLineEndings(" ");
}
