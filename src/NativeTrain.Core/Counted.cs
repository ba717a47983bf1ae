namespace NativeTrain.Core;

/// <summary>How many there are, in words.</summary>
public static class Counted
{
    /// <summary>"1 thread", "2 threads".</summary>
    /// <param name="count">How many.</param>
    /// <param name="one">What one is called.</param>
    /// <param name="many">What several are called; null: the same with an s.</param>
    public static string Of(int count, string one, string? many = null) => $"{count} {(count == 1 ? one : many ?? one + "s")}";
}
