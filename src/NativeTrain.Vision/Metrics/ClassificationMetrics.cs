namespace NativeTrain.Vision.Metrics;

/// <summary>Collects the scores of whole pictures and counts how often the true class is the first, or among the first five.</summary>
/// <param name="names">The classes' names.</param>
public sealed class ClassificationMetrics(IReadOnlyList<string> names)
{
    private const int Few = 5;

    private readonly int[] pictures = new int[names.Count], first = new int[names.Count], amongFew = new int[names.Count];
    private readonly ConfusionMatrix confusion = ConfusionMatrix.OfPictures(names.Count);

    /// <summary>Adds one picture.</summary>
    /// <param name="scores">[classes]: logits or probabilities. NaN is below every number.</param>
    /// <param name="truth">The true class.</param>
    public void Add(ReadOnlySpan<float> scores, int truth)
    {
        if (scores.Length != names.Count) throw new ArgumentException($"{scores.Length} scores for {names.Count} classes", nameof(scores));
        ArgumentOutOfRangeException.ThrowIfNegative(truth);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(truth, names.Count);
        int best = 0, before = 0; // how many classes come before the true one
        for (int c = 0; c < scores.Length; c++)
        {
            if (Precedes(scores, c, best)) best = c;
            if (Precedes(scores, c, truth)) before++;
        }
        pictures[truth]++;
        if (before == 0) first[truth]++;
        if (before < Few) amongFew[truth]++;
        confusion.Add(best, truth);
    }

    public ClassificationReport Compute() => new()
    {
        Classes = [.. Enumerable.Range(0, names.Count).Where(c => pictures[c] > 0)
            .Select(c => new PictureClassReport(c, names[c], pictures[c], (double)first[c] / pictures[c], (double)amongFew[c] / pictures[c]))],
        Images = pictures.Sum(),
        Top1 = Share(first),
        Top5 = Share(amongFew),
        Confusion = confusion,
    };

    private double Share(int[] counts) => pictures.Sum() is > 0 and var all ? (double)counts.Sum() / all : 0;

    /// <summary>Whether class a comes before class b: a higher score, or the same and a lower index.</summary>
    private static bool Precedes(ReadOnlySpan<float> scores, int a, int b) =>
        Order(scores[a]) is var x && Order(scores[b]) is var y && (x > y || (x == y && a < b));

    private static float Order(float score) => float.IsNaN(score) ? float.NegativeInfinity : score;
}
