namespace NativeTrain.Vision.Data.Converting;

/// <summary>One object of another layout.</summary>
/// <param name="Class">Index into the set's names.</param>
/// <param name="Box">Corners in pixels.</param>
/// <param name="Outline">x1 y1 x2 y2 … in pixels; null: it has only a box.</param>
public sealed record ForeignObject(int Class, (float X1, float Y1, float X2, float Y2) Box, float[]? Outline = null);

/// <summary>One image of another layout.</summary>
/// <param name="Path">The image file.</param>
/// <param name="Name">Where it goes in the new set, relative.</param>
/// <param name="Height">Rows.</param>
/// <param name="Width">Columns.</param>
/// <param name="Objects">What is labelled on it.</param>
public sealed record ForeignImage(string Path, string Name, int Height, int Width, IReadOnlyList<ForeignObject> Objects);

/// <summary>A set as it was read from another layout.</summary>
/// <param name="Names">Class names in the new order.</param>
/// <param name="Images">The images.</param>
/// <param name="LeftOut">What was left out, and how often.</param>
public sealed record ForeignSet(IReadOnlyList<string> Names, IReadOnlyList<ForeignImage> Images, IReadOnlyDictionary<string, int> LeftOut);

/// <summary>Counts of what is left out, by reason.</summary>
internal sealed class Tally
{
    private readonly SortedDictionary<string, int> counts = new(StringComparer.Ordinal);

    public void Add(string reason) => counts[reason] = counts.GetValueOrDefault(reason) + 1;

    public IReadOnlyDictionary<string, int> Counts => counts;
}
