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
    }

    [Fact]
    public void ThePathCountsFromTheYamlFile()
    {
        var yaml = DataYaml.Load(folder.Write("deep/data.yaml", "path: ..\ntrain: more\nval:\nnames: {1: y, 0: x}\n"));
        Assert.Equal(["d.jpeg"], Names(yaml.Images("train")));
        Assert.Equal(["x", "y"], yaml.Names);
        Assert.Contains("no 'val:' entry", Assert.Throws<InputException>(() => yaml.Images("val")).Message);
    }

    [Fact]
    public void AFolderBesideTheYamlThatIsCalledOneAbove()
    {
        var yaml = Load("train: ../images\nval: ../more\ntest: ../nowhere\nnames: [x]\n");
        Assert.Equal(["a.PNG", "b.jpg", "c.bmp"], Names(yaml.Images("train")));
        Assert.Contains("nowhere does not exist", Assert.Throws<InputException>(() => yaml.Images("test")).Message);

        // What is there is taken as it is written.
        var deep = DataYaml.Load(folder.Write("images/data.yaml", "train: ../more\nnames: [x]\n"));
        folder.Write("images/more/other.jpg", "");
        Assert.Equal(["d.jpeg"], Names(deep.Images("train")));
    }

    [Fact]
    public void LinesOfAListCountFromItsFolderOrFromTheRoot()
    {
        folder.Write("lists/train.txt", $"../images/b.jpg\nmore/d.jpeg\n./images/sub/c.bmp\n{folder.File("images/a.PNG")}\nmissing.jpg\n");
        var yaml = Load("train: lists/train.txt\nnames: [x]\n");
        string[] expected = ["images/a.PNG", "images/b.jpg", "images/sub/c.bmp", "lists/missing.jpg", "more/d.jpeg"];
        Assert.Equal(expected, yaml.Images("train").Select(i => Path.GetRelativePath(folder.Path, i)));
    }

    [Fact]
    public void AListThatIsNotTextIsOneClearLine()
    {
        folder.Write("train.zip", "PK\u0001\0images/b.jpg\n");
        string message = Assert.Throws<InputException>(() => Load("train: train.zip\nnames: [x]\n").Images("train")).Message;
        Assert.Contains("train.zip: ", message);
        Assert.Contains("is not a path", message);
    }

    [Fact]
    public void OtherPicturesAreCountedNotRead()
    {
        foreach (string name in new[] { "e.webp", "f.TIF", "g.gif" }) folder.Write($"other/{name}", "");
        folder.Write("list.txt", "images/b.jpg\nother/e.webp\n\n");
        var yaml = Load("train: [images, other]\nval: list.txt\ntest: other\nnames: [x]\n");
        foreach (var (split, images, ignored) in new[] { ("train", 3, "3 files"), ("val", 1, "1 line") })
        {
            var problems = new List<string>();
            Assert.Equal(images, yaml.Images(split, problems).Count);
            string problem = Assert.Single(problems);
            Assert.EndsWith($": {ignored} ignored: not .jpg, .jpeg, .png or .bmp", problem);
        }
        string message = Assert.Throws<InputException>(() => yaml.Images("test")).Message;
        Assert.Contains("the 'test' split is empty", message);
        Assert.Contains("3 files ignored", message);
    }

    [Fact]
    public void LinesOfAListThatAreNoPicturesAreCounted()
    {
        folder.Write("list.txt", "# the training set\n\nimages/b.jpg\nimages/b\nlabels/b.txt\n");
        var yaml = Load("train: list.txt\nval: data.yaml\nnames: [x]\n");
        var problems = new List<string>();
        Assert.Single(yaml.Images("train", problems));
        Assert.EndsWith("list.txt: 2 lines ignored: not .jpg, .jpeg, .png or .bmp", Assert.Single(problems));
        Assert.Contains("data.yaml: 3 lines ignored", Assert.Throws<InputException>(() => yaml.Images("val")).Message);
    }

    [Fact]
    public void WithoutNamesTheClassesAreNumbered() =>
        Assert.Equal(["class_0", "class_1", "class_2"], Load("train: images\nnc: 3\n").Names);

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
    [InlineData("train: images\nnc: 0\n", ":2: 'nc' takes a number")]
    [InlineData("train: images\nnc: many\n", ":2: 'nc' takes a number")]
    [InlineData("path: nowhere\ntrain: images\nnames: [a]\n", ":1: ")]
    [InlineData("path: \"a\\0b\"\ntrain: images\nnames: [a]\n", @"'a\0b' is not a path")]
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
    [InlineData("train: \"a\\0b\"", @"'a\0b' is not a path")]
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
        Assert.Contains("is a folder without a data.yaml", Assert.Throws<InputException>(() => DataYaml.Load(folder.Path)).Message);
        File.WriteAllText(folder.File("data.yaml"), "names: [cat]");
        Assert.Contains("is a folder; data= takes the data.yaml inside it", Assert.Throws<InputException>(() => DataYaml.Load(folder.Path)).Message);
    }

    [SharedFact]
    public void TheSharedSetsAreRead()
    {
        var bccd = DataYaml.Load(Shared.File("data/bccd/data.yaml"));
        Assert.Equal(["RBC", "WBC", "Platelets"], bccd.Names);
        Assert.Equal((205, 87, 72), (bccd.Images("train").Count, bccd.Images("val").Count, bccd.Images("test").Count));
    }
}
