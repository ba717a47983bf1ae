namespace NativeTrain.Vision.Data;

/// <summary>One labelled object; all numbers are divided by the image's width or height (0…1).</summary>
/// <param name="Class">Class index.</param>
/// <param name="X">Centre x.</param>
/// <param name="Y">Centre y.</param>
/// <param name="W">Width.</param>
/// <param name="H">Height.</param>
/// <param name="Polygon">The outline x1 y1 x2 y2 … that the box was taken from, or null.</param>
public sealed record LabelRow(int Class, float X, float Y, float W, float H, float[]? Polygon = null);

/// <summary>One image of a data set and what is labelled on it.</summary>
/// <param name="Path">The image file.</param>
/// <param name="Height">Rows of the upright picture.</param>
/// <param name="Width">Columns of the upright picture.</param>
/// <param name="Rows">The objects; empty for a background image.</param>
public sealed record ImageLabels(string Path, int Height, int Width, IReadOnlyList<LabelRow> Rows);
