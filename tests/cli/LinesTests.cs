using NativeTrain.Cli.Progress;
using NativeTrain.Training;
using NativeTrain.Vision.Detect;
using NativeTrain.Vision.Metrics;
using Xunit;

namespace NativeTrain.Cli.Tests;

/// <summary>The lines of the display.</summary>
public class LinesTests
{
    private static ValidationResult TwoClasses()
    {
        var metrics = new DetectionMetrics(["cell", "plate"]);
        metrics.Add([], [new TruthBox(0, 0, 9, 9, 0), new TruthBox(0, 0, 9, 9, 1)]);
        return new ValidationResult(metrics.Compute(), new ConfusionMatrix(2), default, 1, 2, TimeSpan.Zero);
    }

    private static StepInfo Waiting(double share) =>
        new(1, 1, 2, 4, default, default, null, 4, 4, 64, 64, 0, 0, 0, TimeSpan.FromSeconds(1), 8, share, TimeSpan.Zero);

    [Fact]
    public void VerbosePrintsEachClass()
    {
        var output = new StringWriter();
        new PlainProgress(output, verbose: true).OnValidated(TwoClasses());
        Assert.Equal(["class", "all", "cell", "plate"], FirstWords(output));
    }

    [Fact]
    public void WithoutVerboseThereIsOnlyTheRowOfAllClasses()
    {
        var output = new StringWriter();
        new PlainProgress(output, verbose: false).OnValidated(TwoClasses());
        Assert.Equal(["class", "all"], FirstWords(output));
    }

    [Theory]
    [InlineData(0.1, "2.00 it/s, 8.0 images/s")]
    [InlineData(0.23, "2.00 it/s, 8.0 images/s, waiting for data 23 %")]
    public void ASlowLoaderIsSaid(double share, string line) => Assert.Equal(line, Lines.Speed(Waiting(share)));

    private static IEnumerable<string> FirstWords(StringWriter output) =>
        output.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(l => l.Split(' ')[0]);
}
