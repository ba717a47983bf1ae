namespace NativeTrain.Vision.Data.Checking;

/// <summary>Rows of words in aligned columns.</summary>
internal static class TextTable
{
    /// <param name="rows">All of one length; the first is the heading.</param>
    /// <returns>A line a row: the first column and, where <paramref name="lastLeft"/>, the last flush left, the others flush right.</returns>
    public static IEnumerable<string> Lines(IReadOnlyList<string[]> rows, bool lastLeft = false)
    {
        int[] widths = [.. Enumerable.Range(0, rows[0].Length).Select(c => rows.Max(r => r[c].Length))];
        return rows.Select(row => string.Join("  ", row.Select((word, c) =>
            c == 0 || (lastLeft && c == row.Length - 1) ? word.PadRight(widths[c]) : word.PadLeft(widths[c]))).TrimEnd());
    }
}
