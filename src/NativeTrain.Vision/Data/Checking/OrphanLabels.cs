using NativeTrain.Vision.Images;

namespace NativeTrain.Vision.Data.Checking;

/// <summary>Finds label files, in the folders where the images' labels lie, that belong to no image.</summary>
internal static class OrphanLabels
{
    /// <summary>Text files that tools leave beside labels.</summary>
    private static readonly string[] NoLabels = ["classes.txt", "notes.txt", "readme.txt", "license.txt", "requirements.txt"];

    /// <param name="images">All images of all splits, full paths.</param>
    public static IEnumerable<Finding> Find(IReadOnlyList<string> images)
    {
        HashSet<string> expected = [.. images.Select(LabelFile.PathFor)];
        // Where labels lie in a folder, the images lie in another.
        Dictionary<string, string> imageFolder = [];
        foreach (string image in images)
            imageFolder.TryAdd(Path.GetDirectoryName(LabelFile.PathFor(image))!, Path.GetDirectoryName(image)!);

        foreach (var (labels, folder) in imageFolder.OrderBy(f => f.Key, StringComparer.Ordinal))
        {
            if (!Directory.Exists(labels)) continue;
            ILookup<string, string>? files = null;
            foreach (string label in Directory.EnumerateFiles(labels, "*.txt").Order(StringComparer.Ordinal))
            {
                if (expected.Contains(label) || NoLabels.Contains(Path.GetFileName(label).ToLowerInvariant())) continue;
                files ??= Directory.EnumerateFiles(folder).ToLookup(f => Path.GetFileNameWithoutExtension(f));
                string? other = files[Path.GetFileNameWithoutExtension(label)].FirstOrDefault(f => f != label);
                if (other is null)
                    yield return new Finding(FindingKind.LabelWithoutImage, $"{label}: no image of this name in {folder}");
                else if (!ImageFile.HasImageExtension(other))
                    yield return new Finding(FindingKind.LabelWithoutImage, $"{label}: its image, {other}, is of a kind that is not read");
                // else the image is there, in no split: whoever lists images in files may leave some out
            }
        }
    }
}
