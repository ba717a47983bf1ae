using System.Globalization;
using System.Text;
using NativeTrain.Core;
using NativeTrain.Vision.Data.Converting;
using NativeTrain.Vision.Images;

namespace NativeTrain.Vision.Data.Splitting;

/// <summary>Divides a set into train, val and test by lists of files; the images stay where they are.</summary>
public static class SetSplit
{
    /// <summary>One part: its name, its images, and how many objects of each class they have.</summary>
    public sealed record Part(string Split, IReadOnlyList<string> Images, IReadOnlyList<int> Objects);

    /// <summary>Writes train.txt, val.txt, test.txt (where it is not empty) and a data.yaml.</summary>
    /// <param name="path">A folder of images with labels, or a data.yaml, whose splits are thrown together.</param>
    /// <param name="output">The folder for the files; null: split/ in the set's folder.</param>
    /// <param name="val">Share of the images to validate on, above 0.</param>
    /// <param name="test">Share of the images to test on.</param>
    /// <param name="seed">Decides between images that are alike.</param>
    /// <returns>The parts, and the class names.</returns>
    /// <exception cref="InputException">No labelled images, too few of them, shares that leave nothing to train on, or a file that is there already.</exception>
    public static (IReadOnlyList<Part> Parts, IReadOnlyList<string> Names, string Folder) Write(string path, string? output, double val, double test, int seed)
    {
        var (images, names, root) = Find(path);
        string folder = Path.GetFullPath(output ?? Path.Combine(root, "split"));
        string[] splits = ["train", "val", "test"];
        foreach (string file in (string[])["data.yaml", .. splits.Select(s => $"{s}.txt")])
            if (File.Exists(Path.Combine(folder, file))) throw new InputException($"{Path.Combine(folder, file)}: is there already; name another folder for output=, or remove it first");

        int[] sizes = Sizes(images.Count, val, test, path);
        var rows = Read(images, names);
        int classes = names?.Count ?? rows.SelectMany(r => r).Append(0).Max() + 1;
        int[] partOf = StratifiedSplit.Divide(rows, classes, sizes, seed);
        names ??= [.. Enumerable.Range(0, classes).Select(c => $"class_{c}")];
        Part[] parts = [.. Enumerable.Range(0, splits.Length).Where(p => sizes[p] > 0).Select(p => PartOf(splits[p], p, partOf, images, rows, classes))];

        foreach (var part in parts)
            AtomicFile.WriteText(Path.Combine(folder, $"{part.Split}.txt"), string.Concat(part.Images.Select(i => $"{Relative(folder, i)}\n")));
        AtomicFile.WriteText(Path.Combine(folder, "data.yaml"), Yaml(parts, names, seed));
        return (parts, names, folder);
    }

    /// <summary>All images of a set, its class names where it has some, and its folder.</summary>
    private static (IReadOnlyList<string> Images, IReadOnlyList<string>? Names, string Root) Find(string path)
    {
        if (Directory.Exists(path) && !File.Exists(Path.Combine(path, "data.yaml")))
        {
            string[] found = [.. Directory.EnumerateFiles(Path.GetFullPath(path), "*", SearchOption.AllDirectories).Where(ImageFile.HasImageExtension).Order(StringComparer.Ordinal)];
            return found.Length > 0 ? (found, null, Path.GetFullPath(path)) : throw new InputException($"{path}: holds no image ({string.Join(" ", ImageFile.Extensions)})");
        }
        var yaml = DataYaml.Load(Directory.Exists(path) ? Path.Combine(path, "data.yaml") : path);
        var all = new SortedSet<string>(StringComparer.Ordinal);
        foreach (string split in new[] { "train", "val", "test" })
            if (yaml.Has(split)) all.UnionWith(yaml.Images(split));
        return all.Count > 0 ? ([.. all], yaml.Names, yaml.Root) : throw new InputException($"{path}: names no images; it needs a 'train:' entry");
    }

    private static int[] Sizes(int images, double val, double test, string path)
    {
        int forVal = Math.Max(1, (int)Math.Round(images * val)), forTest = test > 0 ? Math.Max(1, (int)Math.Round(images * test)) : 0;
        return forVal + forTest < images
            ? [images - forVal - forTest, forVal, forTest]
            : throw new InputException($"{path}: val={val.ToString(CultureInfo.InvariantCulture)} and test={test.ToString(CultureInfo.InvariantCulture)} of {images} images leave none to train on");
    }

    /// <summary>The classes of each image's objects; bad lines are left out, as in training.</summary>
    private static IReadOnlyList<int>[] Read(IReadOnlyList<string> images, IReadOnlyList<string>? names)
    {
        if (!images.Any(i => File.Exists(LabelFile.PathFor(i))))
            throw new InputException($"{images[0]}: no label file, nor has any other of the {images.Count} images one (the first was looked for in {LabelFile.PathFor(images[0])}); pictures with a folder a class are split by moving them into train/CLASS/ and val/CLASS/");
        var rows = new IReadOnlyList<int>[images.Count];
        Parallel.For(0, images.Count, i => rows[i] = [.. LabelFile.Read(LabelFile.PathFor(images[i]), names?.Count ?? 65536, []).Select(r => r.Class)]);
        return rows;
    }

    private static Part PartOf(string split, int number, int[] partOf, IReadOnlyList<string> images, IReadOnlyList<int>[] rows, int classes)
    {
        int[] members = [.. Enumerable.Range(0, images.Count).Where(i => partOf[i] == number)];
        var objects = new int[classes];
        foreach (int c in members.SelectMany(i => rows[i])) objects[c]++;
        return new Part(split, [.. members.Select(i => images[i])], objects);
    }

    /// <summary>A list's lines count from the list's folder, so that the set can be moved as a whole.</summary>
    private static string Relative(string folder, string image) => Path.GetRelativePath(folder, image).Replace(Path.DirectorySeparatorChar, '/');

    private static string Yaml(Part[] parts, IReadOnlyList<string> names, int seed)
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"# {string.Join(" + ", parts.Select(p => $"{p.Images.Count} {p.Split}"))} images, seed {seed}\npath: .\n");
        foreach (var part in parts) text.Append(CultureInfo.InvariantCulture, $"{part.Split}: {part.Split}.txt\n");
        text.Append("names:\n");
        for (int i = 0; i < names.Count; i++) text.Append(CultureInfo.InvariantCulture, $"  {i}: {YamlText.Quoted(names[i])}\n");
        return text.ToString();
    }
}
