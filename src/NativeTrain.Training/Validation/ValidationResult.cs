using NativeTrain.Vision.Metrics;

namespace NativeTrain.Training;

/// <summary>What a validation found.</summary>
/// <param name="Confusion">True against predicted classes; of objects at confidence 0.25 and IoU 0.45.</param>
/// <param name="Loss">Losses, a mean over the batches.</param>
/// <param name="Images">Images validated.</param>
/// <param name="Objects">True objects.</param>
/// <param name="Elapsed">Wall-clock time.</param>
public abstract record ValidationResult(ConfusionMatrix Confusion, LossItems Loss, int Images, int Objects, TimeSpan Elapsed)
{
    /// <summary>What the best weights are chosen by: higher is better.</summary>
    public abstract double Fitness { get; }

    /// <summary>The figures over all classes, one for each of the task's metrics.</summary>
    public abstract IReadOnlyList<double> Metrics { get; }

    /// <summary>The same for each class.</summary>
    public abstract IEnumerable<ClassRow> Classes { get; }
}

/// <summary>Of a detector: precision, recall and average precision of its boxes, and of its masks where it segments.</summary>
/// <param name="Report">Of the boxes.</param>
/// <param name="Masks">Of the masks, or null.</param>
public sealed record DetectionValidation(DetectionReport Report, DetectionReport? Masks, ConfusionMatrix Confusion, LossItems Loss, int Images, int Objects, TimeSpan Elapsed)
    : ValidationResult(Confusion, Loss, Images, Objects, Elapsed)
{
    public override double Fitness => Report.Fitness + (Masks?.Fitness ?? 0);

    public override IReadOnlyList<double> Metrics => [.. Figures(Report), .. Masks is null ? [] : Figures(Masks)];

    public override IEnumerable<ClassRow> Classes =>
        Report.Classes.Select((c, i) => new ClassRow(c.Name, c.Images, c.Instances, [.. Figures(c), .. Masks is null ? [] : Figures(Masks.Classes[i])]));

    private static double[] Figures(DetectionReport r) => [r.Precision, r.Recall, r.Map50, r.Map5095];

    private static double[] Figures(ClassReport c) => [c.Precision, c.Recall, c.Ap50, c.Ap5095];
}

/// <summary>Of a classifier: how often the true class came first, or among the first five.</summary>
/// <param name="Report">The shares.</param>
public sealed record ClassifyValidation(ClassificationReport Report, LossItems Loss, int Images, int Objects, TimeSpan Elapsed)
    : ValidationResult(Report.Confusion, Loss, Images, Objects, Elapsed)
{
    public override double Fitness => Report.Fitness;

    public override IReadOnlyList<double> Metrics => [Report.Top1, Report.Top5];

    public override IEnumerable<ClassRow> Classes => Report.Classes.Select(c => new ClassRow(c.Name, c.Images, c.Images, [c.Top1, c.Top5]));
}
