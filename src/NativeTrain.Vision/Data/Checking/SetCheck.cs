namespace NativeTrain.Vision.Data.Checking;

/// <summary>Examines a whole data set: every image is decoded, every label line read.</summary>
public static class SetCheck
{
    /// <param name="source">The set.</param>
    /// <param name="near">Also look for images that look nearly the same.</param>
    /// <param name="progress">Told how many images are done; called from several threads, one at a time.</param>
    public static SetReport Run(CheckSource source, bool near = false, Action<int>? progress = null)
    {
        ArgumentNullException.ThrowIfNull(source);
        var images = new CheckedImage[source.Images.Count];
        int done = 0;
        var turn = new Lock();
        Parallel.For(0, images.Length, i =>
        {
            var (split, path, cls) = source.Images[i];
            images[i] = CheckedImage.Read(split, path, cls, source.Names.Count);
            lock (turn) progress?.Invoke(++done);
        });

        SplitSummary[] splits = [.. images.GroupBy(i => i.Split).Select(g => new SplitSummary(g.Key, [.. g], source.Names.Count))];
        List<Finding> findings = [.. source.Findings, .. images.SelectMany(i => i.Findings), .. Duplicates.Exact(images), .. ClassUse(source.Names, splits)];
        if (near) findings.AddRange(Duplicates.Near(images));
        if (!source.Classify) findings.AddRange(OrphanLabels.Find([.. images.Select(i => i.Path)]));
        if (MixOfOutlines(splits) is { } mixed) findings.Add(mixed);
        string task = source.Classify ? "classify" : 2 * splits.Sum(s => s.Polygons) > splits.Sum(s => s.Objects) ? "segment" : "detect";
        return new SetReport(source.Path, task, source.Names, splits, images, [.. findings.OrderBy(f => f.Kind)]); // a stable sort
    }

    private static IEnumerable<Finding> ClassUse(IReadOnlyList<string> names, SplitSummary[] splits)
    {
        for (int c = 0; c < names.Count; c++)
        {
            string[] shown = [.. splits.Where(s => s.ObjectsByClass[c] > 0).Select(s => $"{s.ObjectsByClass[c]} in {s.Split}")];
            if (shown.Length == 0)
                yield return new Finding(FindingKind.UnusedClass, $"{c}: {names[c]}");
            else if (splits.FirstOrDefault(s => s.Split == "train") is { } train && train.ObjectsByClass[c] == 0)
                yield return new Finding(FindingKind.UntrainedClass, $"{c}: {names[c]} ({string.Join(", ", shown)})");
        }
    }

    private static Finding? MixOfOutlines(SplitSummary[] splits)
    {
        int objects = splits.Sum(s => s.Objects), polygons = splits.Sum(s => s.Polygons);
        return polygons == 0 || polygons == objects ? null
            : new Finding(FindingKind.Note, $"{polygons} objects have an outline, {objects - polygons} only a box: to segment, these are masked as rectangles");
    }
}
