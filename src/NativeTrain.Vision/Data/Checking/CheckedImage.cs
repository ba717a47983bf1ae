using System.Security.Cryptography;
using NativeTrain.Core;
using NativeTrain.Vision.Images;

namespace NativeTrain.Vision.Data.Checking;

/// <summary>One image of a set, decoded, hashed and compared with its labels.</summary>
public sealed class CheckedImage
{
    /// <summary>Training drops what is narrower or lower than this, in pixels.</summary>
    private const float Tiny = 2;

    private readonly List<Finding> findings = [];

    public required string Split { get; init; }
    public required string Path { get; init; }

    /// <summary>The class of a whole picture; null where objects are labelled.</summary>
    public int? Class { get; init; }

    /// <summary>Rows of the upright picture; 0 where it is unreadable.</summary>
    public int Height { get; private set; }
    public int Width { get; private set; }
    public bool Readable => Height > 0;

    /// <summary>The objects, each with its line in the label file.</summary>
    public IReadOnlyList<(int Line, LabelRow Row)> Rows { get; private set; } = [];

    /// <summary>Of size and pixels: equal for equal pictures, whatever the files' format; empty where unreadable.</summary>
    public string PixelHash { get; private set; } = "";

    /// <summary>What it looks like: see <see cref="PerceptualHash"/>.</summary>
    public ulong LookHash { get; private set; }

    public IReadOnlyList<Finding> Findings => findings;

    /// <summary>Classes shown, one for each object.</summary>
    public IEnumerable<int> Classes => Class is { } whole ? (Readable ? [whole] : []) : Rows.Select(r => r.Row.Class);

    /// <summary>Reads the image and its labels.</summary>
    /// <param name="split">The split it belongs to.</param>
    /// <param name="path">The image file.</param>
    /// <param name="cls">Its class, of a whole picture; null: objects are labelled.</param>
    /// <param name="classes">How many classes the set has.</param>
    public static CheckedImage Read(string split, string path, int? cls, int classes)
    {
        var image = new CheckedImage { Split = split, Path = path, Class = cls };
        image.ReadPixels();
        if (cls is null) image.ReadLabels(classes);
        return image;
    }

    private void ReadPixels()
    {
        try
        {
            var picture = ImageFile.Load(Path);
            (Height, Width) = (picture.Height, picture.Width);
            PixelHash = $"{Height}x{Width}:{Convert.ToHexString(SHA256.HashData(picture.Pixels))}";
            LookHash = PerceptualHash.Of(picture);
        }
        catch (InputException e)
        {
            findings.Add(new Finding(FindingKind.UnreadableImage, e.Message, Path, "unreadable"));
        }
    }

    private void ReadLabels(int classes)
    {
        string file = LabelFile.PathFor(Path);
        if (!File.Exists(file))
        {
            if (Readable) findings.Add(new Finding(FindingKind.ImageWithoutLabel, $"{Path}: no {file}"));
            return;
        }
        var faults = new List<LabelFault>();
        Rows = LabelFile.ReadLines(file, classes, faults);
        foreach (var fault in faults)
            findings.Add(new Finding(fault.Repeats ? FindingKind.DuplicateLabel : FindingKind.BadLabel, fault.Place(file), Path, $"line {fault.Line}: {fault.Text}"));
        foreach (var (line, row) in Rows)
        {
            if (row.Polygon is { } polygon && DifferentPoints(polygon) < 3)
                findings.Add(new Finding(FindingKind.BadLabel, $"{file}:{line}: the polygon has fewer than 3 different points", Path, $"line {line}: a polygon of fewer than 3 points"));
            float width = row.W * Width, height = row.H * Height;
            if (Readable && (width < Tiny || height < Tiny))
                findings.Add(new Finding(FindingKind.TinyBox, $"{file}:{line}: {width:0.0}×{height:0.0} pixels", Path, $"line {line}: {width:0.0}×{height:0.0} pixels"));
        }
    }

    private static int DifferentPoints(float[] polygon) =>
        Enumerable.Range(0, polygon.Length / 2).Select(i => (polygon[2 * i], polygon[2 * i + 1])).Distinct().Count();
}
