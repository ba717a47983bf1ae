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
    [InlineData(205, 3, "optimizer=auto: 205 images in steps of 64 for 60 epochs are 240 steps; up to 10000 take AdamW at 0.002·5/(4 + 3 classes)", "epochs=60")]
    [InlineData(118_000, 80, "optimizer=auto: 118000 images in steps of 128 for 100 epochs are 92200 steps; more than 10000 take SGD at 0.01", "batch=128")]
    [InlineData(205, 3, null, "optimizer=SGD")]
    public void WhyAutoChoseIsSaid(int images, int classes, string? reason, params string[] options) => Assert.Equal(reason, Of(images, classes, options).Reason);

    [Theory]
    [InlineData(0.937, "epochs=100")]
    [InlineData(0.9, "epochs=100", "warmup_epochs=0")]
    [InlineData(0.85, "epochs=100", "momentum=0.85")]
    [InlineData(0.9, "epochs=1")]                    // AdamW
    [InlineData(0.9, "epochs=1", "momentum=0.85")]   // AdamW
    [InlineData(0.85, "epochs=1", "momentum=0.85", "optimizer=AdamW")]
    public void TheWarmUpLeadsSgdToTheOptionsMomentum(double momentum, params string[] options) =>
        Assert.Equal(momentum, Of(118_000, 80, options).Momentum);

    [Theory]
    [InlineData(0.8, "optimizer=SGD")]
    [InlineData(0.3, "optimizer=SGD", "warmup_momentum=0.3")]
    public void TheWarmUpBeginsWithItsOwnMomentum(float momentum, params string[] options)
    {
        using var meta = new MetaBackend();
        var recipe = Of(160, 3, options);
        using var weight = new Parameter(meta, new Shape(4), ParameterKind.Weight);
        using var optimizer = recipe.CreateOptimizer(meta, [weight]);
        recipe.Warmup.Apply(optimizer, 0, 1);
        Assert.Equal(momentum, optimizer.Groups[0].Momentum);
    }

    [Theory]
    [InlineData("lr0, momentum, warmup_bias_lr", "epochs=1", "momentum=0.9", "lr0=1", "warmup_bias_lr=1")] // AdamW
    [InlineData("lr0", "epochs=100", "momentum=0.9", "lr0=1")]                                            // SGD
    [InlineData(null, "epochs=1")]
    [InlineData(null, "epochs=1", "optimizer=SGD", "lr0=1")]
    public void WhatAutoLeavesUnusedIsSaid(string? unused, params string[] options) =>
        Assert.Equal(unused is null ? null : $"optimizer=auto chooses for itself: {unused} not used (name an optimizer to use them)", Of(118_000, 80, options).Notice);

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
