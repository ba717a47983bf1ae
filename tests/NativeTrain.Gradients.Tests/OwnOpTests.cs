using NativeTrain.Core;
using NativeTrain.Cpu;
using NativeTrain.Testing;
using Xunit;

namespace NativeTrain.Gradients.Tests;

/// <summary>The example of docs/gradcheck.md, as it stands there.</summary>
public sealed class OwnOpTests
{
    // example
    [Fact]
    public void SquareHasRightGradients()
    {
        using var backend = new CpuBackend();
        var result = GradCheck.Run(backend, (tape, x) => Square(tape, x[0]), new Shape(2, 3, 3, 17));
        Assert.True(result.Passed, result.ToString());
    }

    private static Tensor Square(Tape tape, Tensor x)
    {
        var y = tape.New(x.Shape);
        for (int i = 0; i < x.Count; i++) y.HostSpan<float>()[i] = x.HostSpan<float>()[i] * x.HostSpan<float>()[i];
        tape.Record("square", () =>
        {
            Tensor dy = Tape.GradOf(y)!, dx = tape.AccumulatingSink(x);
            for (int i = 0; i < x.Count; i++) dx.HostSpan<float>()[i] += 2 * x.HostSpan<float>()[i] * dy.HostSpan<float>()[i];
        });
        return y;
    }
    // end

    [Fact]
    public void ThePageShowsThisExample()
    {
        string page = File.ReadAllText(Path.Combine(Shared.Root, "docs", "gradcheck.md"));
        string source = File.ReadAllText(Path.Combine(Shared.Root, "tests", "NativeTrain.Gradients.Tests", "OwnOpTests.cs"));
        string example = source.Split("    // example\n")[1].Split("    // end\n")[0];
        string plain = string.Join('\n', example.Split('\n').Select(line => line.Length >= 4 ? line[4..] : line));
        Assert.Contains(plain, page, StringComparison.Ordinal);
    }
}
