using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using NativeTrain.Testing;
using Xunit;

namespace NativeTrain.Cli.Tests;

/// <summary>docs/backprop.md shows numbers; its commands still give them.</summary>
public class TourTests
{
    private static readonly string Page = File.ReadAllText(Path.Combine(Shared.Root, "docs", "backprop.md"));

    /// <summary>The words of the page's command that begins so.</summary>
    private static string[] Command(string verb) =>
        [.. Regex.Match(Page, $@"^out/nativetrain ({verb} .*)$", RegexOptions.Multiline).Groups[1].Value.Split(' ', StringSplitOptions.RemoveEmptyEntries)];

    private static double[] Losses(string text) =>
        [.. Regex.Match(text, @"^ +1/1 +([\d.]+) +([\d.]+) +([\d.]+)", RegexOptions.Multiline).Groups.Values.Skip(1).Select(g => double.Parse(g.Value, CultureInfo.InvariantCulture))];

    private static int Cells(string text) =>
        int.Parse(Regex.Match(text, @"(\d+) cells learn the batch's 4 boxes: \d+ of stride 8").Groups[1].Value, CultureInfo.InvariantCulture);

    [Fact]
    public void TheStepOfTheTourHasTheNumbersOfThePage()
    {
        using var folder = new TemporaryFolder();
        Expect.Success(Tool.Run(folder.Path, Command("data shapes")));
        Assert.Contains(File.ReadLines(folder.File("tour/labels/train/00000.txt")).First(), Page);

        var step = Tool.Run(folder.Path, Command("train"));
        Expect.Success(step);
        double[] told = Losses(Page), computed = Losses(step.Out);
        Assert.Equal(3, told.Length);
        Assert.All(told.Zip(computed), p => Assert.Equal(p.First, p.Second, 0.002)); // another processor adds in another order

        var info = Tool.Run(folder.Path, Regex.Match(Page, "`out/nativetrain (info [^`]*)`").Groups[1].Value.Split(' '));
        Expect.Success(info);
        Assert.Contains(info.Out.Split('\n').First(l => l.Contains("  0  image", StringComparison.Ordinal)).TrimEnd(), Page);
    }

    [Fact]
    public void ItsPageOfTheStepTellsThePagesNumbers()
    {
        using var folder = new TemporaryFolder();
        Expect.Success(Tool.Run(folder.Path, Command("data shapes")));
        var inspect = Tool.Run(folder.Path, Command("inspect"));
        Expect.Success(inspect);
        // Which cells align best is decided by logits, whose last digits differ between processors.
        Assert.InRange(Cells(inspect.Out), Cells(Page) - 2, Cells(Page) + 2);
        using var json = JsonDocument.Parse(File.ReadAllBytes(folder.File("tour/inspect.json")));
        var root = json.RootElement;
        int nodes = root.GetProperty("nodes").EnumerateArray().Count(n => n.GetProperty("op").GetString() is not ("u8_to_f32" or "optimizer")); // these record nothing
        Assert.Contains($"once each, in reverse: {nodes} of them", Page);
        double told = double.Parse(Regex.Match(Page, @"length of that vector, ([\d.]+) here").Groups[1].Value, CultureInfo.InvariantCulture);
        Assert.Equal(told, root.GetProperty("totals").GetProperty("gradNorm").GetDouble(), 0.01 * told);
        Assert.Equal(14.209, Losses(Page).Sum(), 3);
        long parameters = root.GetProperty("layers").EnumerateArray().Sum(l => l.GetProperty("parameters").GetInt64());
        Assert.Contains(string.Create(CultureInfo.InvariantCulture, $"The gradients of all {parameters:n0} parameters"), Page);
        double peak = double.Parse(Regex.Match(Page, @"at ([\d.]+) MiB, when detection_loss backward runs").Groups[1].Value, CultureInfo.InvariantCulture);
        Assert.Equal(peak, root.GetProperty("totals").GetProperty("peakBytes").GetDouble() / (1 << 20), 0.02 * peak); // a convolution's scratch memory depends on the processor
    }

    [Fact]
    public void ItsTraceIsWritten()
    {
        using var folder = new TemporaryFolder();
        Expect.Success(Tool.Run(folder.Path, Command("data shapes")));
        Expect.Success(Tool.Run(folder.Path, Command("trace")));
        Assert.True(new FileInfo(folder.File("tour/trace.json")).Length > 100_000);
    }
}
