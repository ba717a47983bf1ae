using NativeTrain.Core;
using NativeTrain.Vision.Images;

namespace NativeTrain.Training;

/// <summary>The pictures that source= names.</summary>
public static class Sources
{
    /// <summary>A file itself; a folder's pictures; the files of its folder that match a pattern ("photos/*.jpg"); sorted by name.</summary>
    /// <exception cref="InputException">There is no such thing, or no picture in it.</exception>
    public static IReadOnlyList<string> Find(string source)
    {
        ArgumentException.ThrowIfNullOrEmpty(source);
        if (File.Exists(source)) return [source];
        if (Directory.Exists(source))
            return SomeOf([.. Directory.EnumerateFiles(source).Where(ImageFile.HasImageExtension)], source, "no picture (.jpg, .jpeg, .png, .bmp) in this folder");
        if (!source.Contains('*') && !source.Contains('?')) throw new InputException($"source={source}: no such file or folder");
        string folder = Path.GetDirectoryName(source) is { Length: > 0 } d ? d : ".";
        if (!Directory.Exists(folder)) throw new InputException($"source={source}: no such folder as {folder}");
        return SomeOf([.. Directory.EnumerateFiles(folder, Path.GetFileName(source)).Where(ImageFile.HasImageExtension)], source, "no picture matches");
    }

    private static List<string> SomeOf(List<string> files, string source, string otherwise)
    {
        if (files.Count == 0) throw new InputException($"source={source}: {otherwise}");
        files.Sort(StringComparer.Ordinal);
        return files;
    }
}
