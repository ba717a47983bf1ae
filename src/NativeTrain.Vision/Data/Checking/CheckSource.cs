using NativeTrain.Core;

namespace NativeTrain.Vision.Data.Checking;

/// <summary>What there is to check: the images of each split, and what went wrong when they were looked for.</summary>
public sealed class CheckSource
{
    private static readonly string[] AllSplits = ["train", "val", "test"];

    private readonly List<(string Split, string Path, int? Class)> images = [];
    private readonly List<Finding> findings = [];

    private CheckSource(string path, IReadOnlyList<string> names, bool classify) => (Path, Names, Classify) = (path, names, classify);

    /// <summary>Full path of the yaml file or the folder.</summary>
    public string Path { get; }
    public IReadOnlyList<string> Names { get; }

    /// <summary>Whether whole pictures have a class each; false: objects are labelled.</summary>
    public bool Classify { get; }

    /// <summary>The images, split by split, in each in ordinal order.</summary>
    public IReadOnlyList<(string Split, string Path, int? Class)> Images => images;
    public IReadOnlyList<Finding> Findings => findings;

    /// <param name="path">A data.yaml, a folder that holds one, or a folder with train/CLASS/ and val/CLASS/.</param>
    /// <exception cref="InputException">There is nothing of the kind, or nothing to train on.</exception>
    public static CheckSource Open(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        if (Directory.Exists(path))
        {
            string yaml = System.IO.Path.Combine(path, "data.yaml");
            if (File.Exists(yaml)) return Open(yaml);
            if (!AllSplits.Any(s => Directory.Exists(System.IO.Path.Combine(path, s))))
                throw new InputException($"{path}: holds no data.yaml, and no train/CLASS/ folders of pictures to classify; name a data.yaml or such a folder");
            return FromFolders(ClassifyFolders.Load(path));
        }
        var data = DataYaml.Load(path, needsNames: false);
        return IsOfWholePictures(data) ? FromFolders(ClassifyFolders.Load(path)) : FromYaml(data);
    }

    /// <summary>Whether a yaml file names folders of classes: it has no names, or no image has labels and all lie in folders called as the classes.</summary>
    private static bool IsOfWholePictures(DataYaml data)
    {
        if (data.Names.Count == 0) return true;
        return data.Images("train").All(i => !File.Exists(LabelFile.PathFor(i)) && data.Names.Contains(System.IO.Path.GetFileName(System.IO.Path.GetDirectoryName(i))));
    }

    private static CheckSource FromYaml(DataYaml data)
    {
        var source = new CheckSource(data.Path, data.Names, classify: false);
        var notes = new List<string>();
        foreach (string split in AllSplits.Where(s => s == "train" || data.Has(s)))
            source.Add(split, () => data.Images(split, notes).Select(i => (i, (int?)null)));
        if (!data.Has("val")) source.findings.Add(new Finding(FindingKind.MissingSplit, $"{data.Path}: no 'val:' entry; training needs one to validate on (nativetrain data split makes one)"));
        source.findings.AddRange(notes.Select(n => new Finding(FindingKind.Note, n)));
        return source;
    }

    private static CheckSource FromFolders(ClassifyFolders folders)
    {
        var source = new CheckSource(folders.Path, folders.Names, classify: true);
        var seen = new HashSet<string>();
        var notes = new List<string>();
        foreach (string split in AllSplits)
            if (folders.Find(split) is { } folder && seen.Add(folder)) // a folder that stands in for another split counts once
                source.Add(split, () => folders.Images(split, notes).Select(i => (i.Path, (int?)i.Class)));
        source.findings.AddRange(notes.Select(n => new Finding(FindingKind.Note, n)));
        return source;
    }

    /// <summary>Adds a split; one that cannot be read is a finding, but for train, without which there is nothing to check.</summary>
    private void Add(string split, Func<IEnumerable<(string Path, int? Class)>> find)
    {
        try
        {
            images.AddRange(find().Select(i => (split, i.Path, i.Class)));
        }
        catch (InputException e) when (split != "train")
        {
            findings.Add(new Finding(FindingKind.MissingSplit, e.Message));
        }
    }
}
