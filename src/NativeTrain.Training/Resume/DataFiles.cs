using System.Globalization;
using System.Text;
using NativeTrain.Core;
using NativeTrain.Nn;

namespace NativeTrain.Training;

/// <summary>
/// The files of a data set with their sizes, a line each: "SIZE PATH", in ordinal order. A training keeps the list, so
/// that it does not go on with other data than it began with.
/// </summary>
public sealed class DataFiles
{
    private readonly SortedDictionary<string, long> sizes = new(StringComparer.Ordinal);

    private DataFiles() { }

    /// <summary>Looks at files; those that are not there are left out.</summary>
    /// <param name="paths">Images, labels, …</param>
    /// <param name="root">The folder that the paths are written from.</param>
    public static DataFiles Of(IEnumerable<string> paths, string root)
    {
        var files = new DataFiles();
        foreach (string path in paths)
        {
            var info = new FileInfo(path);
            if (info.Exists) files.sizes[Path.GetRelativePath(root, path)] = info.Length;
        }
        return files;
    }

    /// <exception cref="InputException">The entry is missing or is no such list.</exception>
    public static DataFiles Read(SafetensorsFile file, string name)
    {
        var files = new DataFiles();
        foreach (string line in Encoding.UTF8.GetString(file[name].Bytes.Span).Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            string[] parts = line.Split(' ', 2);
            if (parts.Length < 2 || !long.TryParse(parts[0], CultureInfo.InvariantCulture, out long size)) throw new InputException($"{file.Path}: '{name}' is no list of files");
            files.sizes[parts[1]] = size;
        }
        return files;
    }

    public SafetensorsEntry Entry(string name)
    {
        byte[] text = Encoding.UTF8.GetBytes(string.Concat(sizes.Select(f => $"{f.Value} {f.Key}\n")));
        return new SafetensorsEntry(name, SafetensorsType.U8, new Shape(text.Length), text);
    }

    /// <summary>What is different now, in words; null: nothing.</summary>
    public static string? Difference(DataFiles before, DataFiles now)
    {
        var all = before.sizes.Keys.Union(now.sizes.Keys).Order(StringComparer.Ordinal)
            .Where(f => !before.sizes.TryGetValue(f, out long b) || !now.sizes.TryGetValue(f, out long n) || b != n).ToList();
        if (all.Count == 0) return null;
        string first = all[0];
        string what = !now.sizes.TryGetValue(first, out long size) ? $"{first} is gone"
            : !before.sizes.TryGetValue(first, out long old) ? $"{first} is new"
            : $"{first} has {size} bytes, it had {old}";
        return all.Count == 1 ? what : $"{what}, and {all.Count - 1} more";
    }
}
