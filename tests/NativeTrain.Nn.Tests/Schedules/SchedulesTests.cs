using NativeTrain.Core;
using NativeTrain.Cpu;
using Xunit;

namespace NativeTrain.Nn.Tests.Schedules;

public class SchedulesTests
{
    [Theory]
    [InlineData(0, 1.0)]
    [InlineData(25, 0.7525)]
    [InlineData(50, 0.505)]
    [InlineData(100, 0.01)]
    [InlineData(120, 0.01)]
    public void LinearFallsInAStraightLine(int epoch, double expected) =>
        Assert.Equal(expected, LearningRate.Linear(epoch, 100, 0.01), 12);

    [Theory]
    [InlineData(0, 1.0)]
    [InlineData(25, 0.8550178566873411)] // ½(1 − cos(π/4))·(0.01 − 1) + 1
    [InlineData(50, 0.505)]
    [InlineData(100, 0.01)]
    public void CosineFallsAlongHalfAWave(int epoch, double expected) =>
        Assert.Equal(expected, LearningRate.Cosine(epoch, 100, 0.01), 12);

    [Theory]
    [InlineData(3, 20, 100)]
    [InlineData(3, 50, 150)]
    [InlineData(0.5, 301, 150)] // 150.5 rounds to even
    [InlineData(0, 500, 0)]
    public void WarmupLastsItsEpochsAndAtLeast100Iterations(double epochs, int batches, long expected) =>
        Assert.Equal(expected, new Warmup(epochs, batches, 0.1, 0.8, 0.937, 16).Iterations);

    [Fact]
    public void WarmupRaisesRatesMomentumAndAccumulation()
    {
        using var backend = new CpuBackend();
        var groups = ParameterGroups.Split([], 0.01f, 0.937f, 5e-4f);
        using var sgd = Optimizer.Create(OptimizerKind.Sgd, backend, groups);
        var warmup = new Warmup(2, 100, biasLearningRate: 0.1, startMomentum: 0.8, endMomentum: 0.937, batch: 16);

        warmup.Apply(sgd, 0, factor: 1);
        AssertRates(groups, 0, 0, 0.1);
        Assert.All(groups, g => Assert.Equal(0.8f, g.Momentum));
        Assert.Equal(1, warmup.Accumulate(0));

        warmup.Apply(sgd, 50, factor: 0.8); // a quarter of the way to 0.008
        AssertRates(groups, 0.002, 0.002, 0.077);
        Assert.All(groups, g => Assert.Equal(0.83425, g.Momentum, 1e-6));
        Assert.Equal(2, warmup.Accumulate(50)); // 1.75

        warmup.Apply(sgd, 200, factor: 0.6);
        AssertRates(groups, 0.006, 0.006, 0.006);
        Assert.All(groups, g => Assert.Equal(0.937f, g.Momentum));
        Assert.Equal(4, warmup.Accumulate(200));
        Assert.Equal(4, warmup.Accumulate(100_000));
    }

    [Fact]
    public void WarmupLeavesBeta1Alone()
    {
        using var backend = new CpuBackend();
        var groups = ParameterGroups.Split([], 0.001f, 0.9f, 0);
        using var adam = Optimizer.Create(OptimizerKind.AdamW, backend, groups);
        new Warmup(1, 100, 0, 0.8, 0.937, 16).Apply(adam, 10, 1);
        Assert.All(groups, g => Assert.Equal(0.9f, g.Momentum));
    }

    [Theory]
    [InlineData(16, 64, 4)]
    [InlineData(24, 64, 3)]
    [InlineData(128, 64, 1)]
    public void AccumulationReachesTheNominalBatch(int batch, int nominal, int expected) =>
        Assert.Equal(expected, new Warmup(0, 10, 0, 0.8, 0.9, batch, nominal).Accumulate(0));

    [Fact]
    public void EarlyStoppingWaitsForItsPatience()
    {
        var stopping = new EarlyStopping(patience: 3);
        Assert.False(stopping.Update(0, 0.0));
        Assert.False(stopping.Update(1, 0.5));
        Assert.False(stopping.Update(2, 0.4));
        Assert.False(stopping.Update(3, 0.5)); // as good: waits anew
        Assert.False(stopping.Update(4, 0.1));
        Assert.False(stopping.Update(5, 0.1));
        Assert.True(stopping.Update(6, 0.1));
        Assert.Equal((3, 0.5), (stopping.BestEpoch, stopping.BestFitness));
    }

    [Fact]
    public void PatienceOfZeroNeverStops()
    {
        var stopping = new EarlyStopping(0);
        stopping.Update(0, 1);
        Assert.False(stopping.Update(100_000, 0));
    }

    private static void AssertRates(IReadOnlyList<ParameterGroup> groups, params double[] expected)
    {
        for (int i = 0; i < expected.Length; i++) Assert.Equal(expected[i], groups[i].LearningRate, 1e-8);
    }
}
