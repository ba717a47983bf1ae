using NativeTrain.Testing;
using Xunit;

namespace NativeTrain.Cli.Tests;

public class ShapesTests
{
    private static Dictionary<string, string> Hashes(string folder) => Directory.GetFiles(folder, "*", SearchOption.AllDirectories)
        .ToDictionary(f => Path.GetRelativePath(folder, f), f => Convert.ToHexString(System.Security.Cryptography.SHA256.HashData(File.ReadAllBytes(f))));

    [Fact]
    public void TheSameSeedDrawsTheSameSet()
    {
        using var folder = new TemporaryFolder();
        foreach (var (name, seed) in new[] { ("a", 1), ("b", 1), ("c", 2) })
            Expect.Success(Tool.Run(folder.Path, "data", "shapes", name, "train=4", "val=2", "imgsz=96", $"seed={seed}"));
        var a = Hashes(folder.File("a"));
        Assert.Equal(4, a.Keys.Count(k => k.StartsWith("images/train/", StringComparison.Ordinal)));
        Assert.Equal(2, a.Keys.Count(k => k.StartsWith("images/val/", StringComparison.Ordinal)));
        Assert.Equal(a, Hashes(folder.File("b")));
        Assert.NotEqual(a, Hashes(folder.File("c")));
    }

    [Fact]
    public void EachTaskHasItsSetAndItsCommand()
    {
        using var folder = new TemporaryFolder();
        foreach (var (task, command) in new[] { ("segment", "model=yolo11n-seg.yaml data=segment/data.yaml "), ("classify", "model=yolo11n-cls.yaml data=classify ") })
        {
            var result = Tool.Run(folder.Path, "data", "shapes", task, $"task={task}", "train=4", "val=4", "imgsz=64");
            Expect.Success(result);
            Assert.Contains(command, result.Out);
        }
        Assert.NotEmpty(Directory.GetFiles(folder.File("classify/test/circle")));
        Assert.True(File.ReadAllText(folder.File("segment/labels/val/00000.txt")).Split('\n')[0].Split(' ').Length >= 7);
        Expect.InputError(Tool.Run(folder.Path, "data", "shapes", "x", "task=pose"), "task=pose: must be one of detect, segment, classify");
    }

    [Fact]
    public void CtrlCLeavesNothing()
    {
        using var folder = new TemporaryFolder();
        using var process = Tool.Start(folder.Path, "data", "shapes", "set", "train=20000", "imgsz=640");
        var start = DateTime.UtcNow;
        while (Directory.GetDirectories(folder.Path).Length == 0)
        {
            Assert.True(DateTime.UtcNow - start < TimeSpan.FromSeconds(60) && !process.HasExited);
            Thread.Sleep(20);
        }
        Tool.SendInterrupt(process);
        var result = Tool.Finish(process);
        Assert.Equal(130, result.ExitCode);
        Assert.Contains("interrupted: removing what is half done", result.Error);
        Assert.Empty(Directory.GetFileSystemEntries(folder.Path));
    }

    [Fact]
    public void AFullDiskLeavesNothing()
    {
        using var folder = new TemporaryFolder();
        string[] words = ["data", "shapes", "set", "train=2", "val=1", "imgsz=640"];
        Expect.InputError(Tool.RunOnFullDisk(folder.Path, 4, words), "set", "cannot write");
        Assert.Empty(Directory.GetFileSystemEntries(folder.Path));
        Expect.Success(Tool.Run(folder.Path, words));
    }

    [Theory]
    [InlineData(31)]
    [InlineData(5000)]
    public void TheOptionKnowsTheSidesThatAreDrawn(int side)
    {
        using var folder = new TemporaryFolder();
        Expect.InputError(Tool.Run(folder.Path, "data", "shapes", "set", "train=1", "val=1", $"imgsz={side}"), $"imgsz={side}: must be from 32 to 4096");
    }

    [Fact]
    public void WhereNothingCanBeWrittenItSaysSo()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder.File("file"), "");
        Expect.InputError(Tool.Run(folder.Path, "data", "shapes", "file/set", "train=1", "val=1", "imgsz=64"), "file/set");
    }
}
