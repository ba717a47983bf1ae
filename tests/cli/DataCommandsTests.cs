using System.Text.Json;
using NativeTrain.Testing;
using Xunit;

namespace NativeTrain.Cli.Tests;

/// <summary>data check, data convert and data split, as a user runs them.</summary>
public class DataCommandsTests
{
    [Fact]
    public void CheckSaysThatASetIsFine()
    {
        using var set = new TinySet();
        var r = set.Run("data", "check", "set/data.yaml");
        Expect.Success(r);
        Assert.Contains("no problems", r.Out);
        Assert.Matches(@"train +6 +0", r.Out);
        Assert.False(Directory.Exists(set.File("runs")), "nothing to show, nothing written");
    }

    [Fact]
    public void CheckFindsFaultsAndExitsWithOne()
    {
        using var set = new TinySet();
        File.AppendAllText(set.Labels("train")[0], "99 0.5 0.5 0.1 0.1\n");
        File.Copy(set.Images("train")[1], Path.Combine(set.File("set/images/val"), "leaked.jpg"));
        var r = set.Run("data", "check", "set", "json=report.json", "output=found");
        Assert.True(r.ExitCode == 1 && r.Error.Length == 0, r.Out + r.Error);
        Assert.Contains("class 99 is out of range", r.Out);
        Assert.Contains("leakage", r.Out);
        Assert.Contains("leaked.jpg (val)", r.Out);
        Assert.True(new FileInfo(set.File("found/worst.jpg")).Length > 1000);
        using var json = JsonDocument.Parse(File.ReadAllText(set.File("report.json")));
        Assert.Equal(2, json.RootElement.GetProperty("problems").GetInt32());
    }

    [Fact]
    public void CheckRefusesWhatIsNoSet()
    {
        using var folder = new TemporaryFolder();
        Expect.InputError(Tool.Run(folder.Path, "data", "check", "."), "data.yaml");
        Expect.InputError(Tool.Run(folder.Path, "data", "check", "nowhere.yaml"), "nowhere.yaml");
        Expect.InputError(Tool.Run(folder.Path, "data", "check"), "DATA.yaml|FOLDER");
    }

    [Fact]
    public void ConvertReadsCocoAndVoc()
    {
        using var set = new TinySet(train: 2, val: 1);
        string[] names = [.. set.Images("train").Select(i => Path.GetFileName(i))];
        File.WriteAllText(set.File("i.json"), $$"""
            {"images": [{"id": 1, "file_name": "{{names[0]}}", "width": 64, "height": 64}, {"id": 2, "file_name": "gone.jpg"}],
             "annotations": [{"image_id": 1, "category_id": 5, "bbox": [16, 0, 32, 64], "segmentation": [[16, 0, 48, 0, 48, 64, 16, 64]]}],
             "categories": [{"id": 5, "name": "thing"}]}
            """);
        var coco = set.Run("data", "convert", "i.json", "from=coco", "images=set/images/train", "output=made", "task=segment");
        Expect.Success(coco);
        Assert.Contains("left out: 1 images whose file is missing", coco.Out);
        Assert.Contains("1 images, 1 objects", coco.Out);
        Assert.Equal("0 0.25 0 0.75 0 0.75 1 0.25 1\n", File.ReadAllText(set.File("made/labels/train/" + Path.ChangeExtension(names[0], ".txt"))));

        Directory.CreateDirectory(set.File("xml"));
        File.WriteAllText(set.File("xml/v.xml"), $"<annotation><filename>{names[1]}</filename><object><name>thing</name><bndbox><xmin>1</xmin><ymin>1</ymin><xmax>32</xmax><ymax>64</ymax></bndbox></object></annotation>");
        Expect.Success(set.Run("data", "convert", "xml", "from=voc", "images=set/images/train", "output=made", "split=val"));
        Assert.Equal("0 0.25 0.5 0.5 1\n", File.ReadAllText(set.File("made/labels/val/" + Path.ChangeExtension(names[1], ".txt"))));
        Expect.Success(set.Run("data", "check", "made"));
    }

    [Fact]
    public void ConvertRefusesInOneLine()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder.File("i.json"), "{\n\"images\": 3}");
        string[] convert = ["data", "convert", "i.json", "images=.", "output=made"];
        Expect.InputError(Tool.Run(folder.Path, convert), "from=");
        Expect.InputError(Tool.Run(folder.Path, [.. convert, "from=labelme"]), "coco", "voc");
        Expect.InputError(Tool.Run(folder.Path, [.. convert, "from=coco"]), "i.json", "categories");
        Expect.InputError(Tool.Run(folder.Path, [.. convert, "from=voc", "task=segment"]), "boxes only");
        Assert.False(Directory.Exists(folder.File("made")));
    }

    [Fact]
    public void SplitDividesByLists()
    {
        using var set = new TinySet(train: 8, val: 2);
        var r = set.Run("data", "split", "set/data.yaml", "val=0.3", "seed=1", "output=lists");
        Expect.Success(r);
        Assert.Contains("7 train, 3 val images", r.Out);
        Assert.Equal((7, 3), (File.ReadAllLines(set.File("lists/train.txt")).Length, File.ReadAllLines(set.File("lists/val.txt")).Length));
        Expect.Success(set.Run("data", "check", "lists/data.yaml"));
        Expect.InputError(set.Run("data", "split", "set/data.yaml", "output=lists"), "lists", "already");
        Expect.InputError(set.Run("data", "split", "set/data.yaml", "output=more", "val=0.95"), "none to train on");
    }
}
