using NativeTrain.Core;
using NativeTrain.Testing;
using NativeTrain.Vision.Data;
using Xunit;

namespace NativeTrain.Vision.Tests;

/// <summary>Which folders are a set for classification, and what is said of those that are not.</summary>
public sealed class ClassifyFoldersTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    private void Pictures(params string[] paths)
    {
        foreach (string path in paths) ClassifySet.Picture(folder, path);
    }

    private static List<string> Shown(ClassifyFolders set, string split, List<string> notes) =>
        [.. set.Images(split, notes).Select(i => $"{Path.GetFileName(i.Path)}:{i.Class}")];

    [Fact]
    public void ClassesAreTheFoldersOfTrainInOrder()
    {
        Pictures("train/zebra/1.png", "train/ant/9.png", "train/ant/deep/2.png", "train/Bee/3.PNG", "train/.hidden/4.png", "val/ant/5.png");
        var set = ClassifyFolders.Load(folder.Path);
        Assert.Equal(["Bee", "ant", "zebra"], set.Names);
        var notes = new List<string>();
        Assert.Equal(["3.PNG:0", "9.png:1", "2.png:1", "1.png:2"], Shown(set, "train", notes));
        Assert.Empty(notes);
        Assert.Equal(["5.png:1"], Shown(set, "val", notes));
        Assert.Equal(2, notes.Count(n => n.StartsWith("val: no picture of class '", StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData("val", "val")]
    [InlineData("val", "validation")]
    [InlineData("val", "valid")]
    [InlineData("val", "test")]
    [InlineData("test", "test")]
    [InlineData("test", "val")]
    public void AnotherFolderStandsInForAMissingSplit(string asked, string there)
    {
        Pictures("train/a/1.png", "train/b/2.png", $"{there}/a/3.png", $"{there}/b/4.png");
        var notes = new List<string>();
        Assert.Equal(["3.png:0", "4.png:1"], Shown(ClassifyFolders.Load(folder.Path), asked, notes));
        if (asked == there) Assert.Empty(notes);
        else Assert.Equal($"{asked}: {folder.Path} has no '{asked}'; {folder.File(there)} stands in for it", Assert.Single(notes));
    }

    [Fact]
    public void ValIsPreferredToTest()
    {
        Pictures("train/a/1.png", "val/a/3.png", "test/a/4.png");
        Assert.Equal(["3.png:0"], Shown(ClassifyFolders.Load(folder.Path), "val", []));
        Assert.Equal(["4.png:0"], Shown(ClassifyFolders.Load(folder.Path), "test", []));
    }

    [Fact]
    public void AYamlNamesTheFolders()
    {
        Pictures("pictures/learn/a/1.png", "pictures/learn/b/2.png", "pictures/check/b/3.png");
        var set = ClassifyFolders.Load(folder.Write("set.yaml", "path: pictures\ntrain: learn\nval: check\n"));
        var notes = new List<string>();
        Assert.Equal(["1.png:0", "2.png:1"], Shown(set, "train", notes));
        Assert.Equal(["3.png:1"], Shown(set, "test", notes));
        Assert.Contains(notes, n => n.Contains("no 'test'"));

        Assert.Equal(["a", "b"], ClassifyFolders.Load(folder.Write("named.yaml", "path: pictures\ntrain: learn\nval: check\nnames: [a, b]\n")).Names);
        var e = Assert.Throws<InputException>(() => ClassifyFolders.Load(folder.Write("other.yaml", "path: pictures\ntrain: learn\nval: check\nnames: [b, a]\n")));
        Assert.Contains("'names' is not the list of the class folders", e.Message);
        e = Assert.Throws<InputException>(() => ClassifyFolders.Load(folder.Write("gone.yaml", "path: pictures\ntrain: nowhere\n")));
        Assert.Contains("gone.yaml:2: there is no folder", e.Message);
    }

    [Fact]
    public void WhatIsNoSetIsOneClearLine()
    {
        Assert.Contains("no such folder; to classify, data= takes a folder", Fault("missing"));
        Directory.CreateDirectory(folder.File("empty"));
        Assert.Contains("no train folder; pictures to classify lie in train/CLASS/", Fault("empty"));
        Pictures("flat/train/1.png");
        Assert.Contains("flat/train: the pictures lie directly in it; put them into a folder for each class", Fault("flat"));
        Directory.CreateDirectory(folder.File("hollow/train"));
        Assert.Contains("hollow/train: holds no folders; it needs one for each class", Fault("hollow"));
        Directory.CreateDirectory(folder.File("bare/train/a"));
        Assert.Contains("bare/train: no picture (.jpg", Fault("bare"));

        string Fault(string name) => Assert.Throws<InputException>(() => ClassifyFolders.Load(folder.File(name)).Images("train", [])).Message;
    }

    [Fact]
    public void AnUnknownClassInValIsAnError()
    {
        Pictures("train/a/1.png", "val/a/2.png", "val/zebra/3.png");
        var e = Assert.Throws<InputException>(() => ClassifyFolders.Load(folder.Path).Images("val", []));
        Assert.Equal($"{folder.File("val/zebra")}: train has no class 'zebra' (it has a); rename the folder, or add pictures of the class to train", e.Message);
    }

    [Fact]
    public void AMissingValIsAnErrorWithACure()
    {
        Pictures("train/a/1.png");
        var e = Assert.Throws<InputException>(() => ClassifyFolders.Load(folder.Path).Images("val", []));
        Assert.Equal($"{folder.Path}: no val folder; add val/CLASS/ with pictures of each class", e.Message);
    }

    [Fact]
    public void EmptyClassesLoosePicturesAndOtherFilesAreNoted()
    {
        Pictures("train/a/1.png", "train/loose.png");
        Directory.CreateDirectory(folder.File("train/b"));
        folder.Write("train/a/notes.txt", "");
        var notes = new List<string>();
        Assert.Single(ClassifyFolders.Load(folder.Path).Images("train", notes));
        Assert.Equal(3, notes.Count);
        Assert.EndsWith("1 file ignored: not .jpg, .jpeg, .png, .bmp", notes[0]);
        Assert.StartsWith("train: no picture of class 'b'", notes[1]);
        Assert.EndsWith("1 pictures outside the class folders are left out", notes[2]);
    }
}
