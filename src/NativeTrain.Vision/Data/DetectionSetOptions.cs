namespace NativeTrain.Vision.Data;

/// <summary>What of a detection or segmentation set is read, and how.</summary>
public sealed record DetectionSetOptions
{
    /// <summary>Every object gets an outline, for masks: a polygon its own, a box its rectangle.</summary>
    public bool Masks { get; init; }

    /// <summary>Only objects of these classes; null: of all. Images without one of them stay, as backgrounds.</summary>
    public IReadOnlyList<int>? Classes { get; init; }

    /// <summary>The part of the images to use, above 0 and up to 1; which ones depends on <see cref="Seed"/> alone. At least one.</summary>
    public double Fraction { get; init; } = 1;

    /// <summary>The run's seed.</summary>
    public int Seed { get; init; }

    /// <summary>The images that <see cref="Fraction"/> leaves, in their order.</summary>
    internal IReadOnlyList<string> Choose(IReadOnlyList<string> images) => SetFraction.Choose(images, Fraction, Seed);

    /// <summary>The objects to use of an image.</summary>
    /// <param name="rows">What its label file says.</param>
    /// <param name="singleClass">All objects become of class 0.</param>
    /// <param name="boxes">How many got their rectangle as outline.</param>
    internal IReadOnlyList<LabelRow> Select(IReadOnlyList<LabelRow> rows, bool singleClass, out int boxes)
    {
        IEnumerable<LabelRow> chosen = rows;
        if (Classes is not null) chosen = chosen.Where(r => Classes.Contains(r.Class));
        if (singleClass) chosen = chosen.Select(r => r with { Class = 0 });
        LabelRow[] selected = [.. chosen];
        boxes = Masks ? selected.Count(r => r.Polygon is null) : 0;
        return boxes == 0 ? selected : [.. selected.Select(r => r.Polygon is null ? r with { Polygon = Rectangle(r) } : r)];

        static float[] Rectangle(LabelRow r) => Outline.Rectangle(r.X - r.W / 2, r.Y - r.H / 2, r.X + r.W / 2, r.Y + r.H / 2);
    }
}
