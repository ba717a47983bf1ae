using System.Text.Json;
using NativeTrain.Testing;
using Xunit;

namespace NativeTrain.Cli.Tests;

/// <summary>gradcheck: exit code 0 where all gradients are right, 1 where one is not, 2 for an unknown word.</summary>
public class GradCheckTests
{
    [Theory]
    [InlineData("silu")]
    [InlineData("cross_entropy")]
    [InlineData("Conv")]
    public void GradientsAreRight(string word)
    {
        var r = Tool.Run(Shared.Root, "gradcheck", word, "elements=20");
        Expect.Success(r);
        Assert.Matches(@"all \d+ cases passed: [\d,]+ derivatives in [\d.]+ s\n$", r.Out);
    }

    [Fact]
    public void TheEmulatorsGradientsAreRight() =>
        Expect.Success(Tool.Run(Shared.Root, "gradcheck", "batch_norm_act", "device=emulator", "elements=3", "shape=2x4x5x8"));

    /// <summary>No kernel is exact: a tolerance of nothing fails, and every failure is shown, explained and written.</summary>
    [Theory]
    [InlineData("--explain")]
    [InlineData("explain=true")]
    public void AFailureIsShownExplainedAndWritten(string explain)
    {
        using var folder = new TemporaryFolder();
        var r = Tool.Run(folder.Path, "gradcheck", "silu", "shape=1x3x3x4", "dtype=bf16", "tolerance=1e-9", explain, "output=found.json");
        Assert.True(r.ExitCode == 1, $"exit code {r.ExitCode}\n{r.Out}{r.Error}");
        Assert.Contains("FAILED", r.Out);
        Assert.Contains("usually: input 0: ", r.Out);
        Assert.Matches(@"input 0 \[1, 3, 3, 4\] at \[\d, \d, \d, \d\]: analytic .*, numeric ", r.Out);
        Assert.Contains("1 of 1 cases FAILED", r.Out);

        var json = JsonDocument.Parse(File.ReadAllText(folder.File("found.json"))).RootElement;
        Assert.False(json.GetProperty("passed").GetBoolean());
        var found = json.GetProperty("cases")[0];
        Assert.Equal("Silu", found.GetProperty("subject").GetString());
        Assert.NotEmpty(found.GetProperty("explanation").EnumerateArray());
        Assert.NotEmpty(found.GetProperty("inputs")[0].GetProperty("failed").EnumerateArray());
    }

    [Fact]
    public void AnUnknownWordGetsTheNearest()
    {
        Expect.InputError(Tool.Run(Shared.Root, "gradcheck", "sillu"), "sillu", "did you mean 'Silu'?");
        Expect.InputError(Tool.Run(Shared.Root, "gradcheck", "silu", "shape=2xa"), "shape=2xa");
        Expect.InputError(Tool.Run(Shared.Root, "gradcheck", "silu", "dtype=fp8"), "dtype=fp8", "bf16");
    }
}
