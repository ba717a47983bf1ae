using NativeTrain.Core;
using NativeTrain.Vision.Images;

namespace NativeTrain.Vision.Data;

/// <summary>
/// Where the pictures of a set for classification lie: a folder for each split, in it a folder for each class.
/// <code>
/// pets/train/cat/1.jpg   pets/train/dog/2.jpg   pets/val/cat/3.jpg   pets/test/dog/4.jpg
/// </code>
/// <c>data=pets</c> names the set, or <c>data=pets.yaml</c> with <c>train:</c>, <c>val:</c> and <c>test:</c> entries that
/// name the splits' folders. The classes are the folders of train, in ordinal order.
/// </summary>
public sealed class ClassifyFolders
{
    /// <summary>The folders that can stand for a split, the usual one first: who has no val set validates on test, and vice versa.</summary>
    private static readonly Dictionary<string, string[]> Candidates = new()
    {
        ["train"] = ["train"],
        ["val"] = ["val", "validation", "valid", "test"],
        ["test"] = ["test", "val", "validation", "valid"],
    };

    private readonly DataYaml? yaml;

    private ClassifyFolders(string path, string root, DataYaml? yaml)
    {
        Path = path;
        Root = root;
        this.yaml = yaml;
        string naming = Find("train") ?? Find("val")
            ?? throw new InputException($"{path}: no train folder; pictures to classify lie in train/CLASS/ and val/CLASS/, a folder for each class");
        Names = [.. Classes(naming).Select(NameOf)];
        if (Names.Count == 0) throw NoClasses(naming);
        if (yaml is { Names.Count: > 0 } && !yaml.Names.SequenceEqual(Names))
            throw new InputException($"{path}: 'names' is not the list of the class folders in {naming} ({Shown(Names)}); remove it: the folders name the classes");
    }

    /// <summary>Full path of what <c>data=</c> names.</summary>
    public string Path { get; }

    /// <summary>The set's folder; of a yaml file the one that its entries count from.</summary>
    public string Root { get; }

    /// <summary>Class names by index: the folders of train (of val where there is no train), in ordinal order.</summary>
    public IReadOnlyList<string> Names { get; }

    /// <param name="path">The set's folder, or a yaml file.</param>
    /// <exception cref="InputException">There is no such folder or file, or it has no folder for each class.</exception>
    public static ClassifyFolders Load(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        string full = System.IO.Path.GetFullPath(path);
        if (Directory.Exists(full)) return new ClassifyFolders(full, full, null);
        if (!File.Exists(full)) throw new InputException($"{path}: no such folder; to classify, data= takes a folder with train/CLASS/ and val/CLASS/, or a data.yaml that names train and val");
        var yaml = DataYaml.Load(full, needsNames: false);
        return new ClassifyFolders(full, yaml.Root, yaml);
    }

    /// <summary>Full path of the folder of a split, or of what stands for it; null where there is none.</summary>
    public string? Find(string split)
    {
        foreach (string name in Candidates[split])
        {
            string folder = System.IO.Path.Combine(Root, name);
            if (yaml is not null ? yaml.Folder(name) is { } named && (folder = named) is not null : Directory.Exists(folder)) return folder;
        }
        return null;
    }

    /// <summary>The pictures of a split with their classes, class by class, each class in ordinal order of the paths.</summary>
    /// <param name="split">"train", "val" or "test".</param>
    /// <param name="notes">Receives a line for what is worth knowing: another folder that stands in, a class without pictures, files of other kinds.</param>
    /// <exception cref="InputException">There is no such split, a class of it is unknown, or it holds no picture.</exception>
    public IReadOnlyList<(string Path, int Class)> Images(string split, ICollection<string> notes)
    {
        ArgumentNullException.ThrowIfNull(notes);
        string folder = Find(split)
            ?? throw new InputException($"{Path}: no {Candidates[split][0]} folder; add {Candidates[split][0]}/CLASS/ with pictures of each class");
        string usual = System.IO.Path.Combine(Root, Candidates[split][0]);
        if (yaml is null ? folder != usual : yaml.Folder(split) is null) notes.Add($"{split}: {Path} has no '{split}'; {folder} stands in for it");

        var found = new List<(string, int)>();
        string[] classes = Classes(folder);
        if (classes.Length == 0) throw NoClasses(folder);
        if (classes.FirstOrDefault(c => !Names.Contains(NameOf(c))) is { } unknown)
            throw new InputException($"{unknown}: train has no class '{NameOf(unknown)}' (it has {Shown(Names)}); rename the folder, or add pictures of the class to train");
        for (int i = 0; i < Names.Count; i++)
        {
            string classFolder = System.IO.Path.Combine(folder, Names[i]);
            int before = found.Count;
            found.AddRange(Pictures(classFolder, notes).Select(path => (path, i)));
            if (found.Count == before) notes.Add($"{split}: no picture of class '{Names[i]}' ({classFolder})");
        }
        if (found.Count == 0) throw new InputException($"{folder}: no picture ({string.Join(" ", ImageFile.Extensions)}) in any of its class folders");
        if (Directory.EnumerateFiles(folder).Count(ImageFile.HasImageExtension) is > 0 and int loose)
            notes.Add($"{folder}: {loose} pictures outside the class folders are left out");
        return found;
    }

    private static IEnumerable<string> Pictures(string folder, ICollection<string> notes)
    {
        if (!Directory.Exists(folder)) return [];
        var files = Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories).ToLookup(ImageFile.HasImageExtension);
        int others = files[false].Count();
        if (others > 0) notes.Add($"{folder}: {Counted.Of(others, "file")} ignored: not {string.Join(", ", ImageFile.Extensions)}");
        return files[true].Order(StringComparer.Ordinal);
    }

    /// <summary>The class folders of a split; hidden ones (.ipynb_checkpoints) are none.</summary>
    private static string[] Classes(string folder) =>
        [.. Directory.EnumerateDirectories(folder).Where(d => !NameOf(d).StartsWith('.')).Order(StringComparer.Ordinal)];

    private static string NameOf(string folder) => System.IO.Path.GetFileName(folder);

    private static InputException NoClasses(string folder) =>
        Directory.EnumerateFiles(folder).Any(ImageFile.HasImageExtension)
            ? new InputException($"{folder}: the pictures lie directly in it; put them into a folder for each class, e.g. {System.IO.Path.Combine(folder, "cat")}")
            : new InputException($"{folder}: holds no folders; it needs one for each class, with the class's pictures");

    private static string Shown(IReadOnlyList<string> names) =>
        names.Count <= 10 ? string.Join(", ", names) : $"{string.Join(", ", names.Take(10))}, … {names.Count} in all";
}
