using NativeTrain.Core;
using Xunit;

namespace NativeTrain.Nn.Tests.Optimizers;

public class OptimizerChoiceTests
{
    [Theory]
    [InlineData(10_000, 3, OptimizerKind.AdamW, 0.001429)]
    [InlineData(10_000, 80, OptimizerKind.AdamW, 0.000119)]
    [InlineData(1, 1, OptimizerKind.AdamW, 0.002)]
    [InlineData(10_001, 80, OptimizerKind.Sgd, 0.01)]
    public void AutoFollowsTheRecipe(long iterations, int classes, OptimizerKind kind, double rate) =>
        Assert.Equal(new OptimizerChoice(kind, rate, 0.9, 0), OptimizerChoice.Auto(iterations, classes));

    [Theory]
    [InlineData(205, 16, 60, 240)]   // ⌈205/64⌉ = 4
    [InlineData(128, 128, 10, 10)]
    [InlineData(118_287, 16, 100, 184_900)]
    public void IterationsCountNominalBatches(int images, int batch, int epochs, long expected) =>
        Assert.Equal(expected, OptimizerChoice.Iterations(images, batch, epochs));

    [Theory]
    [InlineData("SGD", OptimizerKind.Sgd)]
    [InlineData("sgd", OptimizerKind.Sgd)]
    [InlineData("adam", OptimizerKind.Adam)]
    [InlineData("AdamW", OptimizerKind.AdamW)]
    [InlineData("NADAM", OptimizerKind.NAdam)]
    [InlineData("radam", OptimizerKind.RAdam)]
    [InlineData("RMSprop", OptimizerKind.RmsProp)]
    [InlineData("Auto", null)]
    public void NamesAreKnownInAnyCase(string name, OptimizerKind? expected) => Assert.Equal(expected, OptimizerChoice.Parse(name));

    [Theory]
    [InlineData("adamx", "the nearest is Adam")]
    [InlineData("rmsdrop", "the nearest is RMSProp")]
    [InlineData("SDG", "the nearest is SGD")]
    public void AnUnknownNameIsAnsweredWithTheNearest(string name, string expected)
    {
        var e = Assert.Throws<InputException>(() => OptimizerChoice.Parse(name));
        Assert.Contains(expected, e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void ANamedOptimizerTakesTheOptionsValues()
    {
        Assert.Equal(new OptimizerChoice(OptimizerKind.RAdam, 0.02, 0.8, 0.1), OptimizerChoice.From("radam", 0.02, 0.8, 0.1, 1_000_000, 3));
        Assert.Equal(OptimizerChoice.Auto(1_000_000, 3), OptimizerChoice.From("auto", 0.02, 0.8, 0.1, 1_000_000, 3));
    }
}
