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
    public void AFullDiskLeavesNothing()
    {
        using var folder = new TemporaryFolder();
        string[] words = ["data", "shapes", "set", "train=2", "val=1", "imgsz=640"];
        Expect.InputError(Tool.RunOnFullDisk(folder.Path, 4, words), "set", "cannot write");
        Assert.Empty(Directory.GetFileSystemEntries(folder.Path));
        Expect.Success(Tool.Run(folder.Path, words));
    }

    [Fact]
    public void WhereNothingCanBeWrittenItSaysSo()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder.File("file"), "");
        Expect.InputError(Tool.Run(folder.Path, "data", "shapes", "file/set", "train=1", "val=1", "imgsz=64"), "file/set");
    }
}
