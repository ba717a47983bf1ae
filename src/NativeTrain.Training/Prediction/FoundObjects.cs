using NativeTrain.Vision.Detect;

namespace NativeTrain.Training;

/// <summary>Found objects in words.</summary>
internal static class FoundObjects
{
    /// <summary>"3 RBC, 1 WBC", in the order of the classes; "nothing".</summary>
    public static string Describe(IReadOnlyList<Detection> found, IReadOnlyList<string> names) =>
        found.Count == 0 ? "nothing" : string.Join(", ", found.GroupBy(d => d.Class).OrderBy(g => g.Key).Select(g => $"{g.Count()} {names[g.Key]}"));
}
