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
    public static DetectionDataset Open(DataYaml data, string split, int imgsz, ITrainingProgress progress)
    {
        ArgumentNullException.ThrowIfNull(data);
        ArgumentNullException.ThrowIfNull(progress);
        var set = DetectionDataset.Open(data, split, imgsz);
        foreach (string problem in set.Problems.Take(MostProblems)) progress.OnMessage($"skipped: {problem}");
        if (set.Problems.Count > MostProblems) progress.OnMessage($"skipped: … and {set.Problems.Count - MostProblems} more");
        if (set.Problems.Count > 0) progress.OnMessage($"{split}: {set.Problems.Count} bad labels or images skipped, {set.Count} images left");
        if (set.Instances > 0)
        {
            progress.OnMessage($"{split}: {set.Instances} objects, {set.Backgrounds} images without");
            return set;
        }
        string nothing = $"{data.Path}: no usable label in the {set.Count} images of '{split}'; the first was looked for in {LabelFile.PathFor(set.Labels[0].Path)}";
        if (split == "train") throw new InputException(nothing);
        progress.OnMessage(nothing);
        return set;
    }
}
