using NativeTrain.Core;
using NativeTrain.Vision.Data;

namespace NativeTrain.Training;

/// <summary>Opens a part of a data set and says what was wrong with it.</summary>
public static class Datasets
{
    /// <summary>Lines of problems shown; the rest is counted.</summary>
    public const int MostProblems = 20;

    /// <summary>Opens a split; the bad labels and images it skipped are listed to <paramref name="progress"/>.</summary>
    /// <exception cref="InputException">The split is missing or nothing of it is left.</exception>
    public static DetectionDataset Open(DataYaml data, string split, int imgsz, ITrainingProgress progress)
    {
        ArgumentNullException.ThrowIfNull(data);
        ArgumentNullException.ThrowIfNull(progress);
        var set = DetectionDataset.Open(data, split, imgsz);
        foreach (string problem in set.Problems.Take(MostProblems)) progress.OnMessage($"skipped: {problem}");
        if (set.Problems.Count > MostProblems) progress.OnMessage($"skipped: … and {set.Problems.Count - MostProblems} more");
        if (set.Problems.Count > 0) progress.OnMessage($"{split}: {set.Problems.Count} bad labels or images skipped, {set.Count} images left");
        return set;
    }
}
