using NativeTrain.Core;
using NativeTrain.Vision.Images;

namespace NativeTrain.Training;

/// <summary>The pictures that source= names.</summary>
public static class Sources
{
    /// <summary>A file itself; a folder's pictures; the files of its folder that match a pattern ("photos/*.jpg"); sorted by name.</summary>
    /// <param name="source">What source= names.</param>
    /// <param name="notices">Receives a line where there are pictures of a kind that is not read.</param>
    /// <exception cref="InputException">There is no such thing, or no picture in it.</exception>
    public static IReadOnlyList<string> Find(string source, ICollection<string>? notices = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(source);
        if (File.Exists(source)) return [source];
        if (Directory.Exists(source))
            return Readable(Directory.EnumerateFiles(source), source, "no picture (.jpg, .jpeg, .png, .bmp) in this folder", notices);
        if (!source.Contains('*') && !source.Contains('?')) throw new InputException($"source={source}: no such file or folder");
        string folder = Path.GetDirectoryName(source) is { Length: > 0 } d ? d : ".";
        if (!Directory.Exists(folder)) throw new InputException($"source={source}: no such folder as {folder}");
        return Readable(Directory.EnumerateFiles(folder, Path.GetFileName(source)), source, "no picture matches", notices);
    }

    private static List<string> Readable(IEnumerable<string> files, string source, string otherwise, ICollection<string>? notices)
    {
        var pictures = files.Where(ImageFile.IsPicture).ToLookup(ImageFile.HasImageExtension);
        List<string> readable = [.. pictures[true]];
        int others = pictures[false].Count();
        if (readable.Count == 0) throw new InputException($"source={source}: {otherwise}" + (others > 0 ? $"; {ImageFile.Ignored(source, others)}" : ""));
        if (others > 0) notices?.Add(ImageFile.Ignored(source, others));
        readable.Sort(StringComparer.Ordinal);
        return readable;
    }
}
