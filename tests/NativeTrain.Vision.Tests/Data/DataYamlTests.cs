using NativeTrain.Core;
using NativeTrain.Testing;
using NativeTrain.Vision.Data;
using Xunit;

namespace NativeTrain.Vision.Tests;

public sealed class DataYamlTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public DataYamlTests()
    {
        foreach (string name in new[] { "images/b.jpg", "images/a.PNG", "images/sub/c.bmp", "images/notes.txt", "more/d.jpeg" })
            folder.Write(name, "");
        Directory.CreateDirectory(folder.Nested("empty/x"));
    }

    public void Dispose() => folder.Dispose();

    private DataYaml Load(string text) => DataYaml.Load(folder.Write("data.yaml", text));

    private static IEnumerable<string> Names(IReadOnlyList<string> paths) => paths.Select(p => Path.GetFileName(p));

    [Fact]
    public void AFolderAListFileAndAListOfEither()
    {
        folder.Write("lists/val.txt", "../images/b.jpg\n\n../more/d.jpeg\n");
        var yaml = Load("path: .\ntrain: images\nval: lists/val.txt\ntest: [more, images/sub, lists/val.txt]\nnames: [x, y]\nnc: 2\n");
        Assert.Equal(["x", "y"], yaml.Names);
        Assert.Equal(["a.PNG", "b.jpg", "c.bmp"], Names(yaml.Images("train")));
        Assert.Equal(["b.jpg", "d.jpeg"], Names(yaml.Images("val")));
        Assert.Equal(["b.jpg", "c.bmp", "d.jpeg"], Names(yaml.Images("test")));
        Assert.True(yaml.Has("test"));
    }

    [Fact]
    public void ThePathCountsFromTheYamlFile()
    {
        var yaml = DataYaml.Load(folder.Write("deep/data.yaml", "path: ..\ntrain: more\nval:\nnames: {1: y, 0: x}\n"));
        Assert.Equal(["d.jpeg"], Names(yaml.Images("train")));
        Assert.Equal(["x", "y"], yaml.Names);
        Assert.False(yaml.Has("val"));
    }

    [Theory]
    [InlineData("train: images\nnames: [x\nval: [", ":2: malformed yaml")]
    [InlineData("train: images\nval: a: b\n", ":2: malformed yaml")]
    [InlineData("train: images\n\tval: images\n", ":2: malformed yaml")]
    [InlineData("just words", "not a data set description")]
    [InlineData("", "not a data set description")]
    [InlineData("train: images\n", "no 'names:' entry")]
    [InlineData("train: images\nnames: cat\n", ":2: 'names' takes a list")]
    [InlineData("train: images\nnames: {0: a, 2: b}\n", "the indices must be 0 to 1")]
    [InlineData("train: images\nnames: {a: b}\n", "class index 'a'")]
    [InlineData("train: images\nnames: [a]\nnc: 3\n", ":3: nc is 3, but names lists 1")]
    [InlineData("path: nowhere\ntrain: images\nnames: [a]\n", ":1: ")]
    public void AMalformedFileIsOneClearLine(string text, string message)
    {
        var e = Assert.Throws<InputException>(() => Load(text));
        Assert.Contains("data.yaml", e.Message);
        Assert.True(e.Message.Contains(message, StringComparison.Ordinal), e.Message);
        Assert.DoesNotContain('\n', e.Message);
    }

    [Theory]
    [InlineData("val: images", "no 'train:' entry")]
    [InlineData("train: nowhere", "nowhere does not exist")]
    [InlineData("train: [images, nowhere]", "nowhere does not exist")]
    [InlineData("train: empty", "the 'train' split is empty")]
    [InlineData("train: {a: b}", "'train' takes a folder")]
    public void AMissingSplitIsOneClearLine(string text, string message)
    {
        var yaml = Load(text + "\nnames: [a]\n");
        var e = Assert.Throws<InputException>(() => yaml.Images("train"));
        Assert.Contains("data.yaml", e.Message);
        Assert.Contains(message, e.Message);
        Assert.DoesNotContain('\n', e.Message);
    }

    [Fact]
    public void AMissingFileIsOneClearLine()
    {
        Assert.Contains("no such file", Assert.Throws<InputException>(() => DataYaml.Load(folder.File("other.yaml"))).Message);
        Assert.Contains("is a folder", Assert.Throws<InputException>(() => DataYaml.Load(folder.Path)).Message);
    }

    [SharedFact]
    public void TheSharedSetsAreRead()
    {
        var bccd = DataYaml.Load(Shared.File("data/bccd/data.yaml"));
        Assert.Equal(["RBC", "WBC", "Platelets"], bccd.Names);
        Assert.Equal((205, 87, 72), (bccd.Images("train").Count, bccd.Images("val").Count, bccd.Images("test").Count));
    }
}
