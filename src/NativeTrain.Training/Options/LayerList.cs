using System.Globalization;
using NativeTrain.Core;

namespace NativeTrain.Training;

/// <summary>The value of freeze=: "10" means layers 0 to 9; "[0, 2, 4]" or "0,2,4" means these.</summary>
public static class LayerList
{
    /// <exception cref="InputException">It is neither.</exception>
    public static IReadOnlyList<int> Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        bool brackets = text.StartsWith('[') && text.EndsWith(']');
        var words = (brackets ? text[1..^1] : text).Split(',', StringSplitOptions.TrimEntries);
        var numbers = words.Where(w => w.Length > 0 || words.Length > 1)
            .Select(w => int.TryParse(w, NumberStyles.None, CultureInfo.InvariantCulture, out int n) && n < 1000 ? n : throw Wrong(text)).ToList();
        return brackets || numbers.Count != 1 ? numbers : [.. Enumerable.Range(0, numbers[0])];
    }

    /// <summary>"0 to 9", "0, 2, 4": the numbers in order, runs joined.</summary>
    public static string Describe(IEnumerable<int> layers)
    {
        var runs = new List<(int First, int Last)>();
        foreach (int n in layers.Distinct().Order())
            if (runs.Count > 0 && runs[^1].Last == n - 1) runs[^1] = (runs[^1].First, n);
            else runs.Add((n, n));
        return string.Join(", ", runs.Select(r => r.First == r.Last ? $"{r.First}" : $"{r.First} to {r.Last}"));
    }

    private static InputException Wrong(string text) =>
        new($"freeze={text}: takes how many of the first layers to freeze (freeze=10) or a list of layers (freeze=[0,2,4])");
}
