using NativeTrain.Core;
using NativeTrain.Vision.Data;

namespace NativeTrain.Training;

/// <summary>Opens a part of a data set and says what was wrong with it.</summary>
public static class Datasets
{
    /// <summary>Lines of problems shown; the rest is counted.</summary>
    public const int MostProblems = 20;

    /// <summary>Opens a split; what it holds, and the bad labels and images it skipped, are told to <paramref name="progress"/>.</summary>
    /// <exception cref="InputException">The split is missing, nothing of it is left, or it is to train on and has no label.</exception>
    /// <param name="data">The set.</param>
    /// <param name="split">"train", "val" or "test".</param>
    /// <param name="imgsz">Pixels of the long side at loading.</param>
    /// <param name="progress">Told.</param>
    /// <param name="cache">Where pixels are kept; null for the default.</param>
    /// <param name="options">What of it is read; null: everything, boxes only.</param>
    public static DetectionDataset Open(DataYaml data, string split, int imgsz, ITrainingProgress progress, CacheOptions? cache = null, DetectionSetOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(data);
        ArgumentNullException.ThrowIfNull(progress);
        var set = DetectionDataset.Open(data, split, imgsz, Cache(cache, progress), options);
        TellProblems(split, set.Problems, "bad labels or images", set.Count, progress);
        if (set.Instances > 0)
        {
            progress.OnMessage($"{split}: {set.Instances} objects, {set.Backgrounds} images without");
            if (set.BoxesAsMasks > 0) progress.OnMessage($"{split}: {set.BoxesAsMasks} objects have a box and no outline: the mask of such a one is its rectangle");
            return set;
        }
        string nothing = options?.Classes is { } classes
            ? $"{data.Path}: no object of classes={string.Join(",", classes)} in the {set.Count} images of '{split}'"
            : $"{data.Path}: no usable label in the {set.Count} images of '{split}'; the first was looked for in {LabelFile.PathFor(set.Labels[0].Path)}";
        if (split == "train") throw new InputException(nothing);
        progress.OnMessage(nothing);
        return set;
    }

    /// <summary>Opens a split of a set to classify; what it holds and what it skipped is told to <paramref name="progress"/>.</summary>
    /// <param name="data">The set.</param>
    /// <param name="split">"train", "val" or "test".</param>
    /// <param name="progress">Told.</param>
    /// <param name="cache">Where pixels are kept; null for the default.</param>
    /// <param name="fraction">The part of the pictures to use.</param>
    /// <param name="seed">Which ones these are.</param>
    /// <exception cref="InputException">The split is missing, or nothing of it is left.</exception>
    public static ClassifyDataset Open(ClassifyFolders data, string split, ITrainingProgress progress, CacheOptions? cache = null, double fraction = 1, int seed = 0)
    {
        ArgumentNullException.ThrowIfNull(progress);
        var set = ClassifyDataset.Open(data, split, Cache(cache, progress), fraction, seed);
        foreach (string note in set.Notes) progress.OnMessage(note);
        TellProblems(split, set.Problems, "unreadable pictures", set.Count, progress);
        var counts = set.ImagesByClass;
        progress.OnMessage($"{split}: {set.Count} pictures of {set.Names.Count} classes, {counts.Min()} to {counts.Max()} each");
        return set;
    }

    /// <summary>In a trace nothing is decoded before it is asked for, so that it is seen as in a training whose set does not fit in memory.</summary>
    private static CacheOptions Cache(CacheOptions? asked, ITrainingProgress progress) =>
        (asked ?? CacheOptions.Default) with { Say = progress.OnMessage, Timeline = progress.Timeline, KeepBytes = progress.Timeline is null ? null : 0 };

    private static void TellProblems(string split, IReadOnlyList<string> problems, string what, int left, ITrainingProgress progress)
    {
        foreach (string problem in problems.Take(MostProblems)) progress.OnMessage($"skipped: {problem}");
        if (problems.Count > MostProblems) progress.OnMessage($"skipped: … and {problems.Count - MostProblems} more");
        if (problems.Count > 0) progress.OnMessage($"{split}: {problems.Count} {what} skipped, {left} images left");
    }
}
