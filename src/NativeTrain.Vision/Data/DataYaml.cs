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
/// nc: 2                # optional; must agree with names, and stands for class_0, class_1 where there are none
/// </code>
/// </summary>
public sealed class DataYaml
{
    private readonly YamlMappingNode map;

    private DataYaml(string path, YamlMappingNode map, bool needsNames, bool singleClass)
    {
        Path = path;
        this.map = map;
        SingleClass = singleClass;
        Root = FindRoot();
        LabelNames = !needsNames && Find("names") is null && Find("nc") is null ? [] : ReadNames();
        CheckCount();
    }

    /// <summary>Full path of the yaml file.</summary>
    public string Path { get; }

    /// <summary>The folder that the splits are relative to.</summary>
    public string Root { get; }

    /// <summary>Class names by index, as the label files count them.</summary>
    public IReadOnlyList<string> LabelNames { get; }

    /// <summary>Whether all objects are taken to be of one class.</summary>
    public bool SingleClass { get; }

    /// <summary>Class names by index, as the network counts them: <see cref="LabelNames"/>, or "item" alone where there is a single class.</summary>
    public IReadOnlyList<string> Names => SingleClass ? ["item"] : LabelNames;

    /// <param name="path">The yaml file.</param>
    /// <param name="needsNames">False where the classes have names elsewhere: <see cref="LabelNames"/> is then empty where the file has none.</param>
    /// <param name="singleClass">Takes all objects to be of one class, whatever the labels say.</param>
    /// <exception cref="InputException">Missing or malformed file, no names, nc that disagrees.</exception>
    public static DataYaml Load(string path, bool needsNames = true, bool singleClass = false)
    {
        ArgumentNullException.ThrowIfNull(path);
        string full = System.IO.Path.GetFullPath(path);
        if (Directory.Exists(full))
        {
            throw new InputException(File.Exists(System.IO.Path.Combine(full, "data.yaml"))
                ? $"{path}: is a folder; data= takes the data.yaml inside it"
                : $"{path}: is a folder without a data.yaml, which models that detect or segment need; folders of classes are for models that classify");
        }
        if (!File.Exists(full)) throw new InputException($"{path}: no such file; data= takes the path of a data.yaml");
        try
        {
            if (YamlText.Load(File.ReadAllText(full)) is not YamlMappingNode map)
                throw new InputException($"{path}: not a data set description; it needs lines such as 'train: images/train' and 'names: [cat, dog]'");
            return new DataYaml(full, map, needsNames, singleClass);
        }
        catch (YamlException e)
        {
            throw new InputException($"{path}:{e.End.Line}: malformed yaml: {OneLine(e.Message)}", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new InputException($"{path}: cannot be read: {e.Message}", e);
        }
    }

    /// <summary>Whether the file names a split.</summary>
    public bool Has(string split) => Find(split) is not null;

    /// <summary>Full paths of a split's images, each once, in ordinal order.</summary>
    /// <param name="split">"train", "val" or "test".</param>
    /// <param name="problems">Receives a line for each folder or list with pictures of a kind that is not read.</param>
    /// <exception cref="InputException">The split is not named, its folder or list is missing, or it holds no image.</exception>
    public IReadOnlyList<string> Images(string split, ICollection<string>? problems = null)
    {
        var node = Find(split)
            ?? throw new InputException($"{Path}: no '{split}:' entry; add one that names a folder of images or a list file");
        var entries = node is YamlSequenceNode list ? list.Children : [node];
        var images = new SortedSet<string>(StringComparer.Ordinal);
        var ignored = new List<string>();
        foreach (var entry in entries)
        {
            string path = Locate(Scalar(entry, $"'{split}' takes a folder, a list file, or a list of them"));
            var files = Expand(path, entry).ToLookup(ImageFile.HasImageExtension);
            images.UnionWith(files[true]);
            int others = files[false].Count();
            if (others > 0) ignored.Add(ImageFile.Ignored(path, others, Directory.Exists(path) || ImageFile.IsPicture(path) ? "file" : "line"));
        }
        if (images.Count == 0)
            throw new InputException($"{Path}:{node.Start.Line}: the '{split}' split is empty: no image ({string.Join(" ", ImageFile.Extensions)}) in {string.Join(", ", entries)}{string.Concat(ignored.Select(i => "; " + i))}");
        foreach (string line in ignored) problems?.Add(line);
        return [.. images];
    }

    /// <summary>Full path of the one folder that a split names; null where the file has no such entry.</summary>
    /// <exception cref="InputException">The folder is missing, or the entry is a list.</exception>
    public string? Folder(string split)
    {
        if (Find(split) is not { } node) return null;
        string path = Locate(Scalar(node, $"'{split}' takes a folder with a folder for each class"));
        return Directory.Exists(path)
            ? path
            : throw new InputException($"{Path}:{node.Start.Line}: there is no folder {path}; paths count from the 'path:' entry, and that from the yaml file's folder");
    }

    /// <summary>
    /// An entry's full path. Exported sets often say ../train/images where the folder lies beside the yaml: a path
    /// that is not there is tried without its leading "../" too.
    /// </summary>
    private string Locate(string text)
    {
        string path = FullPath(text, Root, Path);
        if (System.IO.Path.Exists(path) || !text.StartsWith("../", StringComparison.Ordinal)) return path;
        string beside = FullPath(text[3..], Root, Path);
        return System.IO.Path.Exists(beside) ? beside : path;
    }

    /// <summary>The pictures that an entry names, of the kinds that are read and of others; of a list also the lines that name none.</summary>
    private IEnumerable<string> Expand(string path, YamlNode entry)
    {
        if (Directory.Exists(path))
            return Directory.EnumerateFiles(path, "*", SearchOption.AllDirectories).Where(ImageFile.IsPicture);
        if (!File.Exists(path))
            throw new InputException($"{Path}:{entry.Start.Line}: {path} does not exist; paths count from the 'path:' entry, and that from the yaml file's folder");
        if (ImageFile.IsPicture(path)) return [path];
        return File.ReadLines(path)
            .Select(line => line.Trim())
            .Where(line => line.Length > 0 && line[0] != '#')
            .Select(line => ImageFile.HasImageExtension(line) ? FromList(line, path) : "");
    }

    /// <summary>A list's line that is not absolute counts from the list's own folder, or else from the root.</summary>
    private string FromList(string line, string list)
    {
        string beside = FullPath(line, System.IO.Path.GetDirectoryName(list)!, list), below = FullPath(line, Root, list);
        return !File.Exists(beside) && File.Exists(below) ? below : beside;
    }

    /// <param name="text">The path as it is written.</param>
    /// <param name="folder">What it counts from.</param>
    /// <param name="file">Where it is written, for the message.</param>
    private static string FullPath(string text, string folder, string file) => text.Contains('\0')
        ? throw new InputException($"{file}: '{text.Replace("\0", "\\0", StringComparison.Ordinal)}' is not a path: it has a zero byte in it")
        : System.IO.Path.GetFullPath(text, folder);

    private string FindRoot()
    {
        string folder = System.IO.Path.GetDirectoryName(Path)!;
        var node = Find("path");
        if (node is null) return folder;
        string root = FullPath(Scalar(node, "'path' takes a folder"), folder, Path);
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
                int count = ReadCount() ?? throw new InputException($"{Path}: no 'names:' entry; add the class names, e.g. names: [cat, dog]");
                return [.. Enumerable.Range(0, count).Select(i => $"class_{i}")];
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
        if (ReadCount() is { } count && count != LabelNames.Count)
            throw new InputException($"{Path}:{Find("nc")!.Start.Line}: nc is {count}, but names lists {LabelNames.Count} classes; remove nc or correct it");
    }

    private int? ReadCount()
    {
        if (Find("nc") is not { } node) return null;
        const string expectation = "'nc' takes a number of classes, from 1 to 65536";
        return int.TryParse(Scalar(node, expectation), NumberStyles.None, CultureInfo.InvariantCulture, out int count) && count is >= 1 and <= 65536
            ? count
            : throw new InputException($"{Path}:{node.Start.Line}: {expectation}");
    }

    /// <summary>The value of a key; null where it is absent or empty.</summary>
    private YamlNode? Find(string key) =>
        map.Children.TryGetValue(new YamlScalarNode(key), out var node) && node is not YamlScalarNode { Value: null or "" or "~" or "null" } ? node : null;

    private string Scalar(YamlNode node, string expectation) =>
        node is YamlScalarNode { Value: { } value } ? value : throw new InputException($"{Path}:{node.Start.Line}: {expectation}");

    private static string OneLine(string message) => message.ReplaceLineEndings(" ");
}
