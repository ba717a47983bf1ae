using NativeTrain.Cli.Progress;
using NativeTrain.Training;
using NativeTrain.Vision.Detect;
using NativeTrain.Vision.Metrics;
using NativeTrain.Vision.Models;
using Xunit;

namespace NativeTrain.Cli.Tests;

/// <summary>The lines of the display.</summary>
public class LinesTests
{
    private static ValidationResult TwoClasses()
    {
        var metrics = new DetectionMetrics(["cell", "plate"]);
        metrics.Add([], [new TruthBox(0, 0, 9, 9, 0), new TruthBox(0, 0, 9, 9, 1)]);
        return new DetectionValidation(metrics.Compute(), null, new ConfusionMatrix(2), Loss, 1, 2, TimeSpan.Zero);
    }

    private static TaskWork Work => TaskWork.For(YoloTask.Detect, TrainOptions.Parse(Verb.Val));
    private static LossItems Loss => LossItems.Zero(Work.LossNames);
    private static RunInfo Run => new(Verb.Val, null, "yolo11n", 0, ["cell", "plate"], "cpu", 0, 1, 0, 1, 1, 32, "", Work.LossNames, Work.Metrics);

    /// <summary>What a display prints of a validation.</summary>
    private static StringWriter Print(bool verbose)
    {
        var output = new StringWriter();
        var display = new PlainProgress(output, verbose);
        display.OnRunStart(Run);
        output.GetStringBuilder().Clear();
        display.OnValidated(TwoClasses());
        return output;
    }

    private static StepInfo Waiting(double share) =>
        new(1, 1, 2, 4, Loss, Loss, null, 4, 4, 64, 64, 0, 0, 0, TimeSpan.FromSeconds(1), 8, share, TimeSpan.Zero);

    [Fact]
    public void VerbosePrintsEachClass()
    {
        Assert.Equal(["class", "all", "cell", "plate"], FirstWords(Print(verbose: true)));
    }

    [Fact]
    public void WithoutVerboseThereIsOnlyTheRowOfAllClasses()
    {
        Assert.Equal(["class", "all"], FirstWords(Print(verbose: false)));
    }

    [Fact]
    public void APictureToClassifyHasNoObjects()
    {
        var metrics = new ClassificationMetrics(["cat", "dog"]);
        metrics.Add([0.9f, 0.1f], 0);
        var work = TaskWork.For(YoloTask.Classify, TrainOptions.Parse(Verb.Val));
        var run = Run with { LossNames = work.LossNames, Metrics = work.Metrics };
        var v = new ClassifyValidation(metrics.Compute(), LossItems.Zero(work.LossNames), 1, 1, TimeSpan.Zero);
        Assert.Equal(["class     images     top1     top5", "all            1    1.000    1.000"], Lines.Classes(run, v, each: false));
    }

    [Theory]
    [InlineData(0.1, "2.00 it/s, 8.0 images/s")]
    [InlineData(0.23, "2.00 it/s, 8.0 images/s, waiting for data 23 %")]
    public void ASlowLoaderIsSaid(double share, string line) => Assert.Equal(line, Lines.Speed(Waiting(share)));

    private static IEnumerable<string> FirstWords(StringWriter output) =>
        output.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(l => l.Split(' ')[0]);
}
