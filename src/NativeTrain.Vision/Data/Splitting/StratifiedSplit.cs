namespace NativeTrain.Vision.Data.Splitting;

/// <summary>
/// Divides images into parts of given sizes so that each class is divided in the same proportion, as far as images with
/// several classes allow: iterative stratification (K. Sechidis, G. Tsoumakas, I. Vlahavas, "On the stratification of
/// multi-label data", 2011). The rarest class is dealt out first; an image goes to the part that wants most of the class, then to
/// the one that wants most images. The same seed gives the same division.
/// </summary>
public static class StratifiedSplit
{
    /// <param name="labels">For each image its objects' classes (a class counts as often as it occurs).</param>
    /// <param name="classes">How many classes there are.</param>
    /// <param name="sizes">Images of each part; together all images.</param>
    /// <param name="seed">Decides between images that are alike.</param>
    /// <returns>The part of each image.</returns>
    public static int[] Divide(IReadOnlyList<IReadOnlyList<int>> labels, int classes, IReadOnlyList<int> sizes, int seed)
    {
        ArgumentNullException.ThrowIfNull(labels);
        ArgumentNullException.ThrowIfNull(sizes);
        if (sizes.Sum() != labels.Count || sizes.Any(s => s < 0)) throw new ArgumentException("the parts together hold all images", nameof(sizes));
        int[] order = new SampleRandom(seed, -1, -1).Permutation(labels.Count);
        int[] part = new int[labels.Count];
        Array.Fill(part, -1);

        int[] room = [.. sizes];
        double[,] wanted = Wanted(labels, classes, sizes);
        foreach (int cls in ByRarity(labels, classes))
            foreach (int image in order)
                if (part[image] < 0 && labels[image].Contains(cls))
                    Assign(image, cls);
        foreach (int image in order)
            if (part[image] < 0)
                Assign(image, -1);
        return part;

        void Assign(int image, int cls)
        {
            int best = -1;
            for (int p = 0; p < room.Length; p++)
                if (room[p] > 0 && (best < 0 || Wants(p, cls).CompareTo(Wants(best, cls)) > 0))
                    best = p;
            part[image] = best;
            room[best]--;
            foreach (int c in labels[image]) wanted[best, c]--;
        }

        // What decides: objects of the class still wanted, then room as a share of the part's size.
        (double, double) Wants(int p, int cls) => (cls < 0 ? 0 : wanted[p, cls], (double)room[p] / sizes[p]);
    }

    /// <summary>[parts, classes]: each part's share of the objects of each class.</summary>
    private static double[,] Wanted(IReadOnlyList<IReadOnlyList<int>> labels, int classes, IReadOnlyList<int> sizes)
    {
        var wanted = new double[sizes.Count, classes];
        foreach (int c in labels.SelectMany(l => l))
            for (int p = 0; p < sizes.Count; p++)
                wanted[p, c] += (double)sizes[p] / labels.Count;
        return wanted;
    }

    /// <summary>The classes that occur, that of the fewest images first.</summary>
    private static IEnumerable<int> ByRarity(IReadOnlyList<IReadOnlyList<int>> labels, int classes)
    {
        var images = new int[classes];
        foreach (var l in labels)
            foreach (int c in l.Distinct())
                images[c]++;
        return Enumerable.Range(0, classes).Where(c => images[c] > 0).OrderBy(c => images[c]);
    }
}
