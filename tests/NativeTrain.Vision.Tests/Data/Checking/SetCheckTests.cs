using System.Text.Json;
using NativeTrain.Core;
using NativeTrain.Testing;
using NativeTrain.Vision.Data.Checking;
using NativeTrain.Vision.Images;
using NativeTrain.Vision.Tests.Plots;
using Xunit;

namespace NativeTrain.Vision.Tests.Data.Checking;

public sealed class SetCheckTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void ACleanSetHasNoFindings()
    {
        Image("train/1", 40, 60, "0 0.5 0.5 0.5 0.5\n1 0.2 0.2 0.1 0.1\n");
        Image("val/2", 40, 60, "1 0.5 0.5 0.5 0.5\n0 0.3 0.3 0.2 0.2\n");
        var report = Check();
        Assert.Empty(report.Findings);
        Assert.Equal(("detect", 2), (report.Task, report.Splits.Count));
        Assert.Contains("no problems", ReportText.Of(report));
        Assert.False(WorstPicture.Write(folder.File("worst.jpg"), report));
    }

    /// <summary>Each fault is found, at its file and line, and none is invented.</summary>
    [Fact]
    public void EveryFaultIsFound()
    {
        var twin = TestPictures.Noise(40, 60, seed: 90);
        Image("train/bad", 40, 60, "0 0.5 0.5 0.5 0.5\n7 0.5 0.5 0.1 0.1\n\n0 1.5 0.5 0.1 0.1\n0 0.5 0.5 0.5 0.5\n0 0.5 0.5 0.01 0.01\nx\n");
        Image("train/leaking", twin, "0 0.5 0.5 0.5 0.5\n");
        Image("val/leaked", twin, "0 0.5 0.5 0.4 0.4\n");
        var same = TestPictures.Noise(50, 50, seed: 91);
        Image("train/once", same, "0 0.5 0.5 0.5 0.5\n");
        Image("train/twice", same, "0 0.5 0.5 0.5 0.5\n");
        Image("val/new", 40, 60, "1 0.5 0.5 0.5 0.5\n");
        Image("val/flat", 40, 60, "0 0.1 0.1 0.9 0.9 0.1 0.1 0.9 0.9\n");
        Image("train/unlabelled", 40, 60, null);
        folder.Write("images/train/broken.png", "no picture");
        folder.Write("labels/train/orphan.txt", "0 0.5 0.5 0.1 0.1\n");
        folder.Write("labels/train/classes.txt", "a\nb\n");
        folder.Write("images/train/kind.webp", "");
        folder.Write("labels/train/kind.txt", "0 0.5 0.5 0.1 0.1\n");

        var report = Check("[a, b, c]");
        Assert.Equal(["broken.png"], Files(FindingKind.UnreadableImage));
        Assert.Equal(["bad.txt:2", "bad.txt:4", "bad.txt:7", "flat.txt:1"], Places(FindingKind.BadLabel));
        Assert.Equal(["bad.txt:5"], Places(FindingKind.DuplicateLabel));
        Assert.Equal(["bad.txt:6"], Places(FindingKind.TinyBox));
        Assert.Contains("repeats line 1", One(FindingKind.DuplicateLabel));
        Assert.Matches(@"leaking\.png \(train\) = .*leaked\.png \(val\); their labels differ$", One(FindingKind.Leak));
        Assert.Matches(@"once\.png = .*twice\.png$", One(FindingKind.DuplicateImage));
        Assert.Equal(["kind.txt", "orphan.txt"], Of(FindingKind.LabelWithoutImage).Select(f => Path.GetFileName(f.Text.Split(':')[0])));
        Assert.Contains("unlabelled.png", One(FindingKind.ImageWithoutLabel));
        Assert.Equal("1: b (1 in val)", One(FindingKind.UntrainedClass));
        Assert.Equal("2: c", One(FindingKind.UnusedClass));
        Assert.Equal(11, report.Problems.Count());
        Assert.All(report.Findings, f => Assert.DoesNotContain('\n', f.Text));

        IEnumerable<Finding> Of(FindingKind kind) => report.Findings.Where(f => f.Kind == kind);
        string One(FindingKind kind) => Assert.Single(Of(kind)).Text;
        IEnumerable<string?> Files(FindingKind kind) => Of(kind).Select(f => Path.GetFileName(f.Image));
        IEnumerable<string> Places(FindingKind kind) => Of(kind).Select(f => string.Join(':', Path.GetFileName(f.Text.Split(": ")[0]).Split(':')));
    }

    [Fact]
    public void FiguresAreCountedAtTheImagesSize()
    {
        // 0.5 of 200×100 is 100×50 (medium, 5000 ≥ 32²); all of 300×200 is large; 0.05·200 × 0.1·100 is 10×10, small.
        Image("train/1", 100, 200, "0 0.5 0.5 0.5 0.5\n1 0.2 0.2 0.05 0.1\n");
        Image("train/2", 200, 300, "0 0.5 0.5 1 1\n");
        Image("train/3", 200, 300, "");
        Image("val/4", 40, 60, "0 0.1 0.1 0.9 0.1 0.5 0.9\n1 0.5 0.5 0.2 0.2\n");
        var train = Check().Splits[0];
        Assert.Equal((3, 0, 1, 3, 0), (train.Images, train.Unreadable, train.Backgrounds, train.Objects, train.Polygons));
        Assert.Equal((1, 1, 1), (train.SmallObjects, train.MediumObjects, train.LargeObjects));
        Assert.Equal([2, 1], train.ObjectsByClass);
        Assert.Equal([2, 1], train.ImagesByClass);
        Assert.Equal([(300, 200, 2), (200, 100, 1)], train.ImageSizes);
        Assert.Equal((10.0, 10.0, 300.0, 200.0), (Math.Round(train.Smallest.Width, 2), Math.Round(train.Smallest.Height, 2), train.Largest.Width, train.Largest.Height));
        Assert.Equal(1, Check().Splits[1].Polygons);
        Assert.Contains(Check().Findings, f => f.Kind == FindingKind.Note && f.Text.Contains("rectangles")); // one outline among boxes
    }

    [Fact]
    public void PicturesThatLookAlikeAreFoundWhereAskedFor()
    {
        var picture = Smooth(80, 120);
        var brighter = new RgbImage(80, 120, [.. picture.Pixels.Select(p => (byte)Math.Min(255, p + 3))]);
        Image("train/1", picture, "0 0.5 0.5 0.5 0.5\n1 0.5 0.5 0.2 0.2\n");
        Image("val/2", brighter, "0 0.5 0.5 0.5 0.5\n");
        Image("val/3", 40, 60, "0 0.5 0.5 0.5 0.5\n");
        Assert.Empty(Check().Findings);
        var found = Assert.Single(SetCheck.Run(CheckSource.Open(Yaml("[a, b]")), near: true).Findings);
        Assert.Equal(FindingKind.NearDuplicate, found.Kind);
        Assert.Matches(@"1\.png \(train\) ~ .*2\.png \(val\)", found.Text);
    }

    [Fact]
    public void FoldersOfClassesAreCheckedToo()
    {
        var twin = TestPictures.Noise(32, 32, seed: 5);
        foreach (var (name, image) in new[] { ("train/cat/1", TestPictures.Noise(32, 32, 1)), ("train/dog/2", twin), ("val/cat/3", twin), ("val/dog/4", TestPictures.Noise(40, 32, 4)) })
            File.WriteAllBytes(folder.Nested($"{name}.png"), TestPictures.Png(image));
        folder.Write("val/dog/broken.jpg", "");
        var report = SetCheck.Run(CheckSource.Open(folder.Path));
        Assert.Equal("classify", report.Task);
        Assert.Equal(["cat", "dog"], report.Names);
        Assert.Equal([FindingKind.UnreadableImage, FindingKind.Leak], report.Findings.Select(f => f.Kind));
        Assert.EndsWith("; their classes differ", report.Findings[1].Text);
        Assert.Equal([1, 1], report.Splits[1].ObjectsByClass);
    }

    [Fact]
    public void WhatIsNoSetIsRefused()
    {
        Assert.Contains("no data.yaml", Assert.Throws<InputException>(() => CheckSource.Open(folder.Path)).Message);
        Assert.Contains("nowhere", Assert.Throws<InputException>(() => CheckSource.Open(folder.File("nowhere.yaml"))).Message);
        Image("train/1", 10, 10, "0 0.5 0.5 0.5 0.5\n");
        var missing = CheckSource.Open(folder.Write("data.yaml", "train: images/train\nval: images/nowhere\nnames: [a]\n"));
        Assert.Equal(FindingKind.MissingSplit, Assert.Single(missing.Findings).Kind);
        var none = CheckSource.Open(folder.Write("data.yaml", "train: images/train\nnames: [a]\n"));
        Assert.Contains("data split", Assert.Single(none.Findings).Text);
    }

    [Fact]
    public void TheJsonHoldsAllAndTheTextTheFirst()
    {
        Image("train/1", 40, 60, string.Concat(Enumerable.Range(0, 30).Select(i => $"9 0.5 0.5 0.1 0.{i + 10}\n")));
        Image("val/2", 40, 60, "");
        var report = Check();
        ReportJson.Write(folder.File("report.json"), report);
        using var json = JsonDocument.Parse(File.ReadAllBytes(folder.File("report.json")));
        Assert.Equal(30, json.RootElement.GetProperty("problems").GetInt32());
        Assert.Equal(30, json.RootElement.GetProperty("findings").EnumerateArray().Count(f => f.GetProperty("kind").GetString() == "bad_label"));
        Assert.Equal(1, json.RootElement.GetProperty("splits").GetProperty("train").GetProperty("images").GetInt32());
        string text = ReportText.Of(report);
        Assert.Contains("… and 20 more", text);
        Assert.Contains("1.txt:10:", text);
        Assert.DoesNotContain("1.txt:11:", text);
    }

    /// <summary>A tile for each kind: the unreadable one grey, the mislabelled one with the box that is right.</summary>
    [Fact]
    public void TheWorstAreShown()
    {
        Image("train/1", Picture.Filled(200, 200, 0, 0, 0), "0 0.5 0.5 0.5 0.5\n5 0.5 0.5 0.1 0.1\n");
        Image("val/2", 40, 60, "0 0.5 0.5 0.5 0.5\n");
        folder.Write("images/train/broken.png", "no picture");
        var report = Check();
        Assert.True(WorstPicture.Write(folder.File("worst.png"), report));
        var sheet = Picture.Decode(folder.File("worst.png"));
        Assert.Equal((320 + 24 + 16, 2 * 328 + 8), (sheet.Height, sheet.Width));
        Assert.Equal((114, 114, 114), sheet.At(8 + 160, 8 + 160));
        Assert.Equal(Vision.Plots.Palette.Rgb(0), sheet.At(336 + 80, 8 + 200)); // the left side of the box
        Assert.True(sheet.Count((190, 20, 20), 30, top: 328) > 40, "no captions");
    }

    private SetReport Check(string names = "[a, b]") => SetCheck.Run(CheckSource.Open(Yaml(names)));

    private string Yaml(string names) => folder.Write("data.yaml", $"train: images/train\nval: images/val\nnames: {names}\n");

    private void Image(string name, int height, int width, string? labels) =>
        Image(name, TestPictures.Noise(height, width, seed: name.Sum(c => c) + height), labels);

    private void Image(string name, RgbImage image, string? labels)
    {
        File.WriteAllBytes(folder.Nested($"images/{name}.png"), TestPictures.Png(image));
        if (labels is not null) folder.Write($"labels/{name}.txt", labels);
    }

    private static RgbImage Smooth(int height, int width)
    {
        var image = new RgbImage(height, width);
        for (int i = 0; i < image.Pixels.Length; i++)
        {
            int y = i / 3 / width, x = i / 3 % width;
            image.Pixels[i] = (byte)(120 + 50 * Math.Sin(x / 9.0 + y / 21.0) + 40 * Math.Cos(y / 7.0 - x / 33.0));
        }
        return image;
    }
}
