namespace NativeTrain.Vision.Data.Checking;

/// <summary>What the examination of a data set says.</summary>
/// <param name="Path">The yaml file or folder.</param>
/// <param name="Task">"detect", "segment" (most objects have an outline) or "classify".</param>
/// <param name="Names">Class names.</param>
/// <param name="Splits">Figures of each split.</param>
/// <param name="Images">Every image, split by split.</param>
/// <param name="Findings">What was found, kind by kind: problems first.</param>
public sealed record SetReport(string Path, string Task, IReadOnlyList<string> Names, IReadOnlyList<SplitSummary> Splits, IReadOnlyList<CheckedImage> Images, IReadOnlyList<Finding> Findings)
{
    public IEnumerable<Finding> Problems => Findings.Where(f => f.Kind.IsProblem());
}
