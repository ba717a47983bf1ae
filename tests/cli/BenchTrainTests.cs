using System.Globalization;
using System.Text.RegularExpressions;
using NativeTrain.Testing;
using Xunit;

namespace NativeTrain.Cli.Tests;

public class BenchTrainTests
{
    /// <summary>The table's kernels, and how near to the roofline they are: what they take at least is less than what they take.</summary>
    [Fact]
    public void KernelsStandBesideTheRoofline()
    {
        using var folder = new TemporaryFolder();
        var run = Tool.Run(folder.Path, "bench", "train", "imgsz=64", "batch=2", "nc=3", "steps=1", "amp=false");
        Expect.Success(run);
        string[] convolutions = [.. run.Out.Split('\n').Where(l => l.StartsWith("conv2d", StringComparison.Ordinal) && l.Contains(" forward ", StringComparison.Ordinal))];
        Assert.NotEmpty(convolutions);
        Assert.All(convolutions, l => Assert.Matches(@"\d %$", l.TrimEnd()));
        Assert.Matches(@"memory \(\d+ GB/s\) and multiply-adds \(\d+ GFLOP/s in fp32\) allow", run.Out);
        var sums = Regex.Match(run.Out, @"kernels whose work is counted (\d+) ms, at their roofs (\d+) ms");
        Assert.True(sums.Success, run.Out);
        int Number(int group) => int.Parse(sums.Groups[group].Value, CultureInfo.InvariantCulture);
        Assert.InRange(Number(2), 0, Number(1));
    }

    [Fact]
    public void AmpTrueIsTheTypeThatTrainingTakes()
    {
        using var folder = new TemporaryFolder();
        string Peak(string amp)
        {
            var run = Tool.Run(folder.Path, "bench", "train", "imgsz=64", "batch=2", "nc=3", "steps=1", $"amp={amp}");
            Expect.Success(run);
            return Regex.Match(run.Out, @"peak \d+ MiB").Value;
        }

        using var backend = new NativeTrain.Cpu.CpuBackend();
        Assert.Equal(Peak(backend.MixedPrecision == Core.DType.BF16 ? "bf16" : "false"), Peak("true"));
    }
}
