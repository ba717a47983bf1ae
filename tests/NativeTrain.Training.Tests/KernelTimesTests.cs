using NativeTrain.Core;
using NativeTrain.Cpu;
using Xunit;

namespace NativeTrain.Training.Tests;

public sealed class KernelTimesTests
{
    /// <summary>A call that was held up in one step counts by what it takes in another one, and in the mean by both.</summary>
    [Fact]
    public void ACallCountsByItsShortestTimeOfAllSteps()
    {
        using var backend = new CpuBackend();
        var times = new KernelTimes(backend);
        foreach (int held in new[] { 0, 1 })
        {
            times.NextStep();
            for (int call = 0; call < 2; call++) times.Run(new KernelLaunch("", "add", "forward", new OpCost(1000, 10)), () => Thread.Sleep(call == held ? 200 : 0));
            times.Run(new KernelLaunch("", "add", "backward", new OpCost(0, 10)), () => { });
        }

        var rows = times.Rows(new Roofline(1e9, 1e9));
        Assert.Equal(["forward", "backward"], rows.Select(r => r.Pass));
        var forward = rows[0];
        Assert.Equal(2, forward.Calls);
        Assert.Equal(2000, forward.Flops);
        Assert.Equal(20, forward.Bytes);
        Assert.Equal(2e-6, forward.BoundSeconds, 12);
        Assert.True(forward.MeanSeconds >= 0.2, $"{forward.MeanSeconds} s");
        Assert.InRange(forward.Seconds, 0, forward.MeanSeconds - 0.1);
    }
}
