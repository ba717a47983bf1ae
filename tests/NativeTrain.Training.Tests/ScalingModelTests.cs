using Xunit;

namespace NativeTrain.Training.Tests;

/// <summary>The fit of bench allreduce, and what it lets expect.</summary>
public class ScalingModelTests
{
    [Fact]
    public void TheFitFindsLatencyAndBandwidth()
    {
        AllReduceTime[] times = [.. AllReduceBench.Sizes.Select((bytes, i) => Time(bytes, (2e-5 + bytes / 3e9) * (i % 2 == 0 ? 1.02 : 0.98)))];
        var fit = AlphaBeta.Fit(times);
        Assert.Equal(2e-5, fit.Latency, 1e-6);
        Assert.Equal(3e9, 1 / fit.SecondsPerByte, 1e8);
        Assert.Equal(0, AlphaBeta.Fit([Time(1000, 1e-6), Time(2000, 3e-6)]).Latency); // the line through them begins below zero

        static AllReduceTime Time(long bytes, double seconds) => new(bytes, seconds, seconds);
    }

    /// <summary>Two ranks, of whom each sends 2·1 messages of half the bytes: what was measured comes out again.</summary>
    [Theory]
    [InlineData(2)]
    [InlineData(4)]
    public void WhatWasMeasuredIsPredicted(int ranks)
    {
        var measured = new AlphaBeta(1e-5, 4e-10);
        var model = new ScalingModel(0.1, 0.6, 8 << 20, 1 << 20, measured, ranks);
        Assert.Equal(measured.Seconds(1 << 20), model.AllReduce(ranks, 1 << 20), 1e-9);
    }

    [Fact]
    public void OnlyWhatDoesNotHideUnderTheWalkBackCosts()
    {
        var fast = new ScalingModel(0.1, 0.6, 8 << 20, 1 << 20, new AlphaBeta(0, 1e-9), 2);
        Assert.Equal(1, fast.Efficiency(1));
        Assert.Equal(0.1 + (1 << 20) * 1e-9, fast.Step(2), 1e-9); // eight buckets take 8.4 ms, 60 ms hide all but the last
        var slow = fast with { Measured = new AlphaBeta(0, 1e-7) };
        Assert.Equal(0.1 + (8 << 20) * 1e-7 - 0.06, slow.Step(2), 1e-6);
        Assert.True(slow.Efficiency(1024) < slow.Efficiency(8));
    }
}
