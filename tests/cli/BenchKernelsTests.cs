using System.Globalization;
using System.Text.RegularExpressions;
using NativeTrain.Testing;
using Xunit;

namespace NativeTrain.Cli.Tests;

public class BenchKernelsTests
{
    private static readonly string[] Small = ["bench", "kernels", "model=yolo11n.yaml", "imgsz=32", "time=0.001"];

    [Fact]
    public void FiguresAreWrittenAndComparedWithAnEarlierRun()
    {
        using var folder = new TemporaryFolder();
        var first = Tool.Run(folder.Path, [.. Small, "op=copy", "output=a.json"]);
        Expect.Success(first);
        Assert.Contains("GFLOP/s of fp32 multiply-adds", first.Out);
        Assert.True(File.Exists(folder.File("a.png")), "no roofline picture");

        // An earlier run that was a thousand times faster at the same roofline.
        string text = Regex.Replace(File.ReadAllText(folder.File("a.json")), "\"seconds\": [^,]*", "\"seconds\": 1e-12");
        File.WriteAllText(folder.File("b.json"), text);
        var second = Tool.Run(folder.Path, [.. Small, "copy", "--compare", "b.json"]);
        Expect.Success(second);
        Assert.Contains("slower: copy forward", second.Out);
        Assert.Contains("times as long", second.Out);
        Expect.InputError(Tool.Run(folder.Path, [.. Small, "compare=none.json"]), "none.json");
    }

    [Fact]
    public void OnlyTheKernelsAskedForAreTimed()
    {
        using var folder = new TemporaryFolder();
        var run = Tool.Run(folder.Path, [.. Small, "op=conv2d", "shape=3x3/2"]);
        Expect.Success(run);
        string[] rows = [.. run.Out.Split('\n').Where(l => l.StartsWith("conv2d", StringComparison.Ordinal))];
        Assert.NotEmpty(rows);
        Assert.All(rows, r => Assert.Contains("3x3/2", r));
        Assert.Single(run.Out.Split('\n'), l => l.StartsWith($"{rows.Length} kernels", StringComparison.Ordinal));
        Expect.InputError(Tool.Run(folder.Path, [.. Small, "op=hardswish"]), "hardswish", "conv2d");
    }

    [Fact]
    public void EachTypeHasItsRoofAndEachConvolutionTheBareLibraryBesideIt()
    {
        using var folder = new TemporaryFolder();
        var run = Tool.Run(folder.Path, [.. Small, "conv2d", "shape=3x3/2", "dtype=fp32,bf16", "device=cpu", "output=k.json"]);
        Expect.Success(run);
        Assert.Contains("of fp32 multiply-adds", run.Out);
        Assert.Matches(@"of bf16 multiply-adds|bf16 is converted", run.Out);
        Assert.Matches(@"all of ours [\d.]+ ms, all of oneDNN [\d.]+ ms", run.Out);
        Assert.Contains("\"library\": \"oneDNN ", File.ReadAllText(folder.File("k.json")));
        foreach (string picture in (string[])["k.fp32.png", "k.bf16.png"]) Assert.True(File.Exists(folder.File(picture)), picture);
        Expect.InputError(Tool.Run(folder.Path, [.. Small, "dtype=int8"]), "int8", "bf16");
    }

    /// <summary>Coalescing is a number that a change can break: the wide kernels leave next to no byte of a sector unused.</summary>
    [Fact]
    public void TheEmulatorCountsSectorsAndBankConflicts()
    {
        using var folder = new TemporaryFolder();
        using var environment = new EnvironmentVariable("NATIVETRAIN_EMULATOR", "checked");
        var run = Tool.Run(folder.Path, "bench", "kernels", "device=emulator", "model=yolo11n.yaml", "imgsz=64", "dtype=fp16", "op=forward");
        Expect.Success(run);
        var wide = Rows(run.Out, "(?:u8_to_f32|copy|copy_bits|upsample2x_forward)<[^>]*8>").ToList();
        Assert.True(wide.Count >= 3, run.Out);
        Assert.All(wide, r => Assert.InRange(r.Wanted, 0.95, 1));
        Assert.All(Rows(run.Out, "conv2d_mma<half[^>]*>"), r => Assert.InRange(r.Banks, 1, 1.2));
    }

    private static IEnumerable<(double Wanted, double Banks)> Rows(string text, string kernel) =>
        Regex.Matches(text, $@"^{kernel}\s.*?(\d+) %\s+([\d.]+)$", RegexOptions.Multiline).Select(m => (Number(m.Groups[1]) / 100, Number(m.Groups[2])));

    private static double Number(Group g) => double.Parse(g.Value, CultureInfo.InvariantCulture);
}
