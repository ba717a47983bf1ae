namespace NativeTrain.Vision.Data.Checking;

/// <summary>Finds images that are the same picture, or look like it.</summary>
internal static class Duplicates
{
    /// <summary>A finding for each picture that is there more than once: leakage where it is in more than one split.</summary>
    public static IEnumerable<Finding> Exact(IReadOnlyList<CheckedImage> images)
    {
        foreach (var group in images.Where(i => i.Readable).GroupBy(i => i.PixelHash))
        {
            CheckedImage[] same = [.. group];
            if (same.Length < 2) continue;
            bool leak = same.Any(i => i.Split != same[0].Split);
            // Of a leak the pair that tells: one image of each of two splits.
            var (a, b) = (same[0], leak ? same.First(i => i.Split != same[0].Split) : same[1]);
            string more = same.Length > 2 ? $", and {same.Length - 2} more" : "";
            string labels = same.All(i => SameLabels(i, a)) ? "" : a.Class is null ? "; their labels differ" : "; their classes differ";
            yield return new Finding(leak ? FindingKind.Leak : FindingKind.DuplicateImage, $"{Named(a, leak)} = {Named(b, leak)}{more}{labels}", b.Path, $"= {Short(a)}{labels}");
        }
    }

    /// <summary>A finding for each pair that looks alike without being the same to the pixel; pairs across splits come first.</summary>
    public static IEnumerable<Finding> Near(IReadOnlyList<CheckedImage> images)
    {
        CheckedImage[] readable = [.. images.Where(i => i.Readable)];
        return PerceptualHash.NearPairs([.. readable.Select(i => i.LookHash)])
            .Select(p => (A: readable[p.A], B: readable[p.B]))
            .Where(p => p.A.PixelHash != p.B.PixelHash)
            .OrderBy(p => p.A.Split == p.B.Split)
            .Select(p => new Finding(FindingKind.NearDuplicate, $"{Named(p.A, p.A.Split != p.B.Split)} ~ {Named(p.B, p.A.Split != p.B.Split)}", p.B.Path, $"~ {Short(p.A)}"));
    }

    private static bool SameLabels(CheckedImage a, CheckedImage b) => a.Class == b.Class && Content(a).SequenceEqual(Content(b));

    private static IEnumerable<(int, float, float, float, float)> Content(CheckedImage image) =>
        image.Rows.Select(r => (r.Row.Class, r.Row.X, r.Row.Y, r.Row.W, r.Row.H)).Order();

    private static string Named(CheckedImage image, bool split) => split ? $"{image.Path} ({image.Split})" : image.Path;

    private static string Short(CheckedImage image) => $"{image.Split}/{Path.GetFileName(image.Path)}";
}
