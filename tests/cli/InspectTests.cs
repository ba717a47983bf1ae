using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;
using NativeTrain.Testing;
using Xunit;

namespace NativeTrain.Cli.Tests;

/// <summary>The page of one step, made by the program and used in a browser.</summary>
public sealed class InspectTests
{
    private const string Chromium = "/usr/bin/chromium";
    private static readonly string Browser = Path.Combine(Shared.Root, "tests", "browser");

    [Fact]
    public void WrongWordsAreOneLine()
    {
        using var folder = new TemporaryFolder();
        Expect.InputError(Tool.Run(folder.Path, "inspect", "model=yolo11n.yaml", "data=x.yaml", "batch=4", "image=4"), "image=4", "0 to 3");
        Expect.InputError(Tool.Run(folder.Path, "inspect", "model=yolo11n.yaml", "data=x.yaml", "port=99999"), "port=99999");
        Expect.InputError(Tool.Run(folder.Path, "inspect", "model=yolo11n.yaml", "data=x.yaml", "batch=-1"), "inspect finds no batch by itself", "give batch= a number of images");
        Expect.InputError(Tool.Run(folder.Path, "inspect", "model=yolo11n.yaml", "data=none.yaml"), "none.yaml");
    }

    [Fact]
    public void ThePageOfAStepStandsAloneInABrowser()
    {
        string? missing = Missing();
        using var set = new TinySet();
        Expect.Success(set.Run("inspect", "model=yolo11n.yaml", "data=set/data.yaml", "imgsz=64", "batch=2", "workers=0", "device=cpu", "output=page.html", "json=step.json"));
        Assert.True(new FileInfo(set.File("page.html")).Length < 15 << 20, "the page is larger than 15 MiB");
        Assert.SkipWhen(missing is not null, missing ?? "");
        var start = new ProcessStartInfo("node") { WorkingDirectory = Browser, RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (string word in new[] { "inspect.mjs", set.File("page.html"), set.File("step.json") }) start.ArgumentList.Add(word);
        using var process = Process.Start(start)!;
        var visited = Tool.Finish(process);
        Assert.True(visited.ExitCode == 0, visited.Out + visited.Error);
        double[] seconds = [.. Regex.Matches(visited.Out, @"worked ([0-9.]+) s").Select(m => double.Parse(m.Groups[1].Value, CultureInfo.InvariantCulture))];
        Assert.Equal(2, seconds.Length);
        Assert.True(seconds.Min() < 2, $"the page worked {seconds.Min()} s to open");
    }

    /// <summary>What the browser test lacks, or null.</summary>
    private static string? Missing()
    {
        if (!File.Exists(Chromium)) return "no chromium here (Debian: apt-get install chromium)";
        if (!Directory.Exists(Path.Combine(Browser, "node_modules", "playwright-core"))) return "no playwright-core here (npm ci in tests/browser)";
        return File.Exists("/usr/bin/node") || File.Exists("/usr/local/bin/node") ? null : "no node here (Debian: apt-get install nodejs)";
    }
}
