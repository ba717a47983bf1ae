using NativeTrain.Core;
using NativeTrain.Vision.Images;

namespace NativeTrain.Vision.Data.Converting;

/// <summary>Finds the images that another layout names, and never outside their folder.</summary>
/// <param name="folder">The folder that file names count from.</param>
internal sealed class ForeignImages
{
    private readonly string folder;

    /// <exception cref="InputException">There is no such folder.</exception>
    public ForeignImages(string folder)
    {
        this.folder = Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder));
        if (!Directory.Exists(folder)) throw new InputException($"images={folder}: no such folder");
    }

    /// <summary>The full path of a named image; null where it is not there.</summary>
    /// <param name="name">A file name, perhaps with folders.</param>
    /// <param name="place">File and place of the name, for the message.</param>
    /// <exception cref="InputException">The name leads out of the folder.</exception>
    public string? Find(string name, string place)
    {
        if (name.Contains('\0')) return null; // no file's name has a zero byte
        string full = Path.GetFullPath(Path.Combine(folder, name));
        if (!full.StartsWith(folder + Path.DirectorySeparatorChar, StringComparison.Ordinal))
            throw new InputException($"{place}: '{name}' leads out of {folder}; name files inside it");
        if (File.Exists(full)) return full;
        string bare = Path.Combine(folder, Path.GetFileName(name)); // "train2017/1.jpg" where images= names that folder itself
        return File.Exists(bare) ? bare : null;
    }

    /// <summary>The path relative to the folder, without folders called images: labels are found by the last one of these.</summary>
    public string NameOf(string path) =>
        Path.Combine([.. Path.GetRelativePath(folder, path).Split(Path.DirectorySeparatorChar).Where(part => part != "images")]);

    /// <summary>Why an image cannot be taken, or its size from the file's header.</summary>
    public static string? Size(string path, out int height, out int width)
    {
        (height, width) = (0, 0);
        if (!ImageFile.HasImageExtension(path)) return $"images of kind {Path.GetExtension(path)}, which is not read";
        try
        {
            (height, width) = ImageFile.ReadSize(path);
            return null;
        }
        catch (InputException)
        {
            return "unreadable images";
        }
    }
}
