using NativeTrain.Testing;
using Xunit;

namespace NativeTrain.Cli.Tests;

public sealed class ReportTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void ThePageIsMadeOfTheFolder()
    {
        Directory.CreateDirectory(folder.File("run"));
        File.WriteAllText(folder.File("run/results.csv"), "epoch,time,train/loss\n1,2.5,0.75\n");
        var r = Tool.Run(folder.Path, "report", "run");
        Expect.Success(r);
        Assert.Equal("run/results.html", r.Out.Trim());
        Assert.Contains("0.75", File.ReadAllText(folder.File("run/results.html")));
    }

    [Fact]
    public void AFolderOfNoTrainingIsOneLine() => Expect.InputError(Tool.Run(folder.Path, "report", "none"), "results.csv", "no such file");

    [Fact]
    public void AnOptionIsRefused() => Expect.InputError(Tool.Run(folder.Path, "report", "run", "output=page.html"), "unknown option 'output'");

    [Fact]
    public void TheFolderIsNeeded() => Expect.InputError(Tool.Run(folder.Path, "report"), "RUN is missing");
}
