namespace NativeTrain.Core;

/// <summary>Levenshtein's distance: the fewest single-letter insertions, deletions and changes that turn one word into another.</summary>
public static class EditDistance
{
    /// <summary>The distance between two words; the larger their difference, the larger it is.</summary>
    public static int Between(string a, string b)
    {
        ArgumentNullException.ThrowIfNull(a);
        ArgumentNullException.ThrowIfNull(b);
        // row[j] = distance between the first i letters of a and the first j of b
        int[] row = [.. Enumerable.Range(0, b.Length + 1)];
        for (int i = 1; i <= a.Length; i++)
        {
            int diagonal = row[0];
            row[0] = i;
            for (int j = 1; j <= b.Length; j++)
            {
                int change = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.Min(change, Math.Min(row[j], row[j - 1]) + 1);
            }
        }
        return row[b.Length];
    }
}
