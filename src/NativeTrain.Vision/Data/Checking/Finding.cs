namespace NativeTrain.Vision.Data.Checking;

/// <summary>One thing found in a data set.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Text">One line, with file and line number where there is one.</param>
/// <param name="Image">The image file it concerns, to be shown; null: none.</param>
/// <param name="Caption">A few words to stand under the image.</param>
public sealed record Finding(FindingKind Kind, string Text, string? Image = null, string Caption = "");
