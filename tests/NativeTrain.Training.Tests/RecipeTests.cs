using NativeTrain.Core;
using Xunit;

namespace NativeTrain.Training.Tests;

/// <summary>What follows from the options and the size of the data set.</summary>
public sealed class RecipeTests
{
    private static Recipe Of(int images, int classes, params string[] options)
    {
        var o = TrainOptions.Parse(Verb.Train, options);
        return new Recipe(o, images, classes, (images + o.Batch - 1) / o.Batch);
    }

    [Fact]
    public void AutoTakesAdamWForShortTrainings()
    {
        // ceil(205 / 64)·60 = 240 iterations; lr = round(0.002·5/7, 6)
        var r = Of(205, 3, "epochs=60");
        Assert.Equal((OptimizerKind.AdamW, 0.001429), (r.Optimizer, r.LearningRate));
    }

    [Fact]
    public void AutoTakesSgdForLongTrainings()
    {
        var r = Of(118_000, 80, "epochs=100");
        Assert.Equal((OptimizerKind.Sgd, 0.01), (r.Optimizer, r.LearningRate));
    }

    [Theory]
    [InlineData(16, 4, 0.0005)]
    [InlineData(64, 1, 0.0005)]
    [InlineData(128, 1, 0.001)]   // larger than nominal: decays more
    [InlineData(48, 1, 0.000375)] // round(64/48) = 1: 48 images a step
    public void WeightDecayFollowsTheImagesOfAStep(int batch, int accumulate, double decay)
    {
        var r = Of(1000, 3, $"batch={batch}");
        Assert.Equal(accumulate, r.Accumulate);
        Assert.Equal(decay, r.WeightDecay, 12);
    }

    [Fact]
    public void MosaicEndsTenEpochsBeforeTheEnd()
    {
        var r = Of(100, 3, "epochs=30");
        Assert.True(r.MosaicIn(19) && !r.MosaicIn(20) && r.MosaicEndsAt(20) && !r.MosaicEndsAt(21));
    }

    [Fact]
    public void AShortTrainingKeepsMosaic() => Assert.True(Of(100, 3, "epochs=5").MosaicIn(4));

    [Fact]
    public void MosaicNeverEndsWithCloseMosaicZero() => Assert.True(Of(100, 3, "epochs=5", "close_mosaic=0").MosaicIn(4));

    [Fact]
    public void TheRateFallsInAStraightLineOrACosine()
    {
        Assert.Equal(0.505, Of(100, 3).Factor(50), 12);
        Assert.Equal(0.505, Of(100, 3, "cos_lr=true").Factor(50), 12);
        Assert.True(Of(100, 3, "cos_lr=true").Factor(10) > Of(100, 3).Factor(10));
    }
}
