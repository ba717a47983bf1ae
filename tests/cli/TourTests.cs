using System.Globalization;
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
    public void ItsTraceAndItsPageAreWritten()
    {
        using var folder = new TemporaryFolder();
        Expect.Success(Tool.Run(folder.Path, Command("data shapes")));
        foreach (var (verb, file) in new[] { ("trace", "tour/trace.json"), ("inspect", "tour/inspect.html") })
        {
            Expect.Success(Tool.Run(folder.Path, Command(verb)));
            Assert.True(new FileInfo(folder.File(file)).Length > 1000, file);
        }
    }
}
