using NativeTrain.Core;
using NativeTrain.Vision.Images;
using NativeTrain.Vision.Plots;

namespace NativeTrain.Vision.Data.Checking;

/// <summary>worst.jpg: up to 16 images with something to see, of every kind of finding some, with their objects drawn.</summary>
public static class WorstPicture
{
    private const int MissingSide = 320; // of the grey tile for an image that cannot be read
    private const int LongestSide = 640; // tiles are scaled down to this before they are drawn

    /// <summary>Writes the picture; false where no finding has an image.</summary>
    /// <exception cref="InputException">The file cannot be written.</exception>
    public static bool Write(string path, SetReport report)
    {
        ArgumentNullException.ThrowIfNull(report);
        var images = report.Images.GroupBy(i => i.Path).ToDictionary(g => g.Key, g => g.First());
        Finding[] shown = [.. Choose(report.Findings)];
        if (shown.Length == 0) return false;
        BatchPicture.Write(path, [.. shown.Select(f => Tile(images[f.Image!], f))], report.Names);
        return true;
    }

    /// <summary>One finding of each kind in turn, then a second of each, …; no image twice.</summary>
    private static IEnumerable<Finding> Choose(IReadOnlyList<Finding> findings)
    {
        var seen = new HashSet<string>();
        return findings.Where(f => f.Image is not null)
            .GroupBy(f => f.Kind)
            .SelectMany(kind => kind.DistinctBy(f => f.Image).Take(BatchPicture.MostTiles).Select((f, turn) => (Finding: f, Turn: turn)))
            .OrderBy(f => f.Turn)
            .Select(f => f.Finding)
            .Where(f => seen.Add(f.Image!))
            .Take(BatchPicture.MostTiles)
            .OrderBy(f => f.Kind);
    }

    private static BatchTile Tile(CheckedImage image, Finding finding)
    {
        string caption = $"{System.IO.Path.GetFileName(image.Path)}: {finding.Caption}";
        if (!image.Readable) return new BatchTile(RgbImage.Filled(MissingSide, MissingSide, Letterbox.Fill), [], caption) { Right = false };
        var picture = ImageFile.Load(image.Path);
        float scale = Math.Min(1, (float)LongestSide / Math.Max(picture.Height, picture.Width));
        picture = picture.Resize(Math.Max(1, (int)(picture.Height * scale)), Math.Max(1, (int)(picture.Width * scale)));
        float w = picture.Width, h = picture.Height;
        var boxes = image.Rows.Select(r => new DrawnBox((r.Row.X - r.Row.W / 2) * w, (r.Row.Y - r.Row.H / 2) * h, (r.Row.X + r.Row.W / 2) * w, (r.Row.Y + r.Row.H / 2) * h, r.Row.Class));
        return new BatchTile(picture, [.. boxes], caption) { Right = finding.Kind.IsProblem() ? false : null };
    }
}
