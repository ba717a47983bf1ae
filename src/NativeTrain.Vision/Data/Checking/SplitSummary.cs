namespace NativeTrain.Vision.Data.Checking;

/// <summary>The figures of one split. Objects are counted at their size in the original picture, in pixels.</summary>
public sealed class SplitSummary
{
    // COCO's limits between small, medium and large objects, as areas.
    private const double Small = 32 * 32, Medium = 96 * 96;

    public SplitSummary(string split, IReadOnlyList<CheckedImage> images, int classes)
    {
        ArgumentNullException.ThrowIfNull(images);
        Split = split;
        Images = images.Count;
        Unreadable = images.Count(i => !i.Readable);
        CheckedImage[] readable = [.. images.Where(i => i.Readable)];
        Backgrounds = readable.Count(i => !i.Classes.Any());
        Polygons = readable.Sum(i => i.Rows.Count(r => r.Row.Polygon is not null));
        int[] showing = new int[classes], objects = new int[classes];
        foreach (var image in readable)
        {
            foreach (int c in image.Classes) objects[c]++;
            foreach (int c in image.Classes.Distinct()) showing[c]++;
        }
        (ImagesByClass, ObjectsByClass, Objects) = (showing, objects, objects.Sum());
        ImageSizes = [.. readable.GroupBy(i => (i.Width, i.Height)).OrderByDescending(g => g.Count()).ThenBy(g => g.Key).Select(g => (g.Key.Width, g.Key.Height, g.Count()))];

        (float W, float H)[] boxes = [.. readable.SelectMany(i => i.Rows.Select(r => (r.Row.W * i.Width, r.Row.H * i.Height)))];
        SmallObjects = boxes.Count(b => b.W * b.H < Small);
        LargeObjects = boxes.Count(b => b.W * b.H >= Medium);
        MediumObjects = boxes.Length - SmallObjects - LargeObjects;
        if (boxes.Length > 0) (Smallest, Largest) = (boxes.MinBy(b => b.W * b.H), boxes.MaxBy(b => b.W * b.H));
    }

    public string Split { get; }
    public int Images { get; }
    public int Unreadable { get; }

    /// <summary>Readable images without an object.</summary>
    public int Backgrounds { get; }
    public int Objects { get; }

    /// <summary>Objects that have an outline.</summary>
    public int Polygons { get; }
    public IReadOnlyList<int> ImagesByClass { get; }
    public IReadOnlyList<int> ObjectsByClass { get; }

    /// <summary>Width, height and number of images, the most frequent size first.</summary>
    public IReadOnlyList<(int Width, int Height, int Count)> ImageSizes { get; }

    /// <summary>Objects whose box is smaller than 32² pixels.</summary>
    public int SmallObjects { get; }

    /// <summary>Objects whose box is from 32² to 96² pixels.</summary>
    public int MediumObjects { get; }

    /// <summary>Objects whose box is 96² pixels or larger.</summary>
    public int LargeObjects { get; }

    /// <summary>The box of the smallest area, in pixels; 0×0 where there is none.</summary>
    public (float Width, float Height) Smallest { get; }

    /// <summary>The box of the largest area.</summary>
    public (float Width, float Height) Largest { get; }
}
