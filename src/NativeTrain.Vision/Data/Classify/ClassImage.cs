namespace NativeTrain.Vision.Data;

/// <summary>One picture of a set for classification.</summary>
/// <param name="Path">The image file.</param>
/// <param name="Height">Rows of the upright picture.</param>
/// <param name="Width">Columns of the upright picture.</param>
/// <param name="Class">Class index.</param>
public sealed record ClassImage(string Path, int Height, int Width, int Class);
