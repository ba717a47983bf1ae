using NativeTrain.Core;
using NativeTrain.Testing;
using NativeTrain.Vision.Data;
using NativeTrain.Vision.Data.Converting;
using NativeTrain.Vision.Detect;
using Xunit;

namespace NativeTrain.Vision.Tests.Data.Converting;

public sealed class CocoFileTests : IDisposable
{
    private const string Images = """{"id": 7, "file_name": "a.png", "width": 40, "height": 20}, {"id": 9, "file_name": "b.png"}""";
    private const string Categories = """{"id": 18, "name": "dog"}, {"id": 3, "name": "cat's"}""";

    private readonly TemporaryFolder folder = new();

    public CocoFileTests()
    {
        File.WriteAllBytes(folder.Nested("pictures/a.png"), TestPictures.Png(TestPictures.Noise(20, 40, 1)));
        File.WriteAllBytes(folder.Nested("pictures/b.png"), TestPictures.Png(TestPictures.Noise(30, 30, 2)));
    }

    public void Dispose() => folder.Dispose();

    [Fact]
    public void BoxesBecomeLabels()
    {
        var set = Read("""{"image_id": 7, "category_id": 3, "bbox": [10, 5, 20, 10]}, {"image_id": 7, "category_id": 18, "bbox": [30, 0, 100, 10]}, {"image_id": 9, "category_id": 18, "bbox": [1, 1, 0, 5]}, {"image_id": 9, "category_id": 18, "bbox": [0, 0, 9, 9], "iscrowd": 1}""");
        Assert.Equal(["dog", "cat's"], set.Names);
        Assert.Equal(1, Assert.Single(set.LeftOut, l => l.Key == "crowds").Value);
        Assert.Equal((2, 1), YoloLayout.Write(folder.File("set"), "train", set));
        // 10…30 of 40 and 5…15 of 20; then a box cut at the edge, 30…40.
        Assert.Equal("1 0.5 0.5 0.5 0.5\n0 0.875 0.25 0.25 0.5\n", File.ReadAllText(folder.File("set/labels/train/a.txt")));
        Assert.Equal("", File.ReadAllText(folder.File("set/labels/train/b.txt")));
        Assert.Equal(File.ReadAllBytes(folder.File("pictures/a.png")), File.ReadAllBytes(folder.File("set/images/train/a.png")));
        Assert.Equal(["dog", "cat's"], DataYaml.Load(folder.File("set/data.yaml")).Names);
    }

    [Fact]
    public void OutlinesBecomePolygons()
    {
        var set = Read("""
            {"image_id": 7, "category_id": 3, "bbox": [4, 4, 8, 8], "segmentation": [[4, 4, 12, 4, 12, 12, 4, 12]]},
            {"image_id": 7, "category_id": 3, "bbox": [20, 0, 20, 20], "segmentation": [[20, 0, 24, 0, 24, 4, 20, 4], [30, 10, 40, 10, 40, 20, 30, 20]]},
            {"image_id": 7, "category_id": 3, "bbox": [1, 1, 2, 2], "segmentation": []},
            {"image_id": 7, "category_id": 3, "bbox": [8, 0, 4, 20], "segmentation": {"size": [20, 40], "counts": [160, 80, 560]}}
            """, outlines: true);
        Assert.Equal((4, 0), YoloLayout.Write(folder.File("set"), "train", set));
        var problems = new List<string>();
        var rows = LabelFile.Read(folder.File("set/labels/train/a.txt"), 2, problems);
        Assert.Empty(problems);
        Assert.Equal([0.1f, 0.2f, 0.3f, 0.2f, 0.3f, 0.6f, 0.1f, 0.6f], rows[0].Polygon!);
        Assert.Equal(16 + 100, Mask(rows[1]).Area); // both pieces, and nothing between them
        Assert.Null(rows[2].Polygon); // no outline: its box
        Assert.Equal(80, Mask(rows[3]).Area); // four columns of 20
        Assert.Equal(1, set.LeftOut["outlines without area (the box is kept)"]);

        static BitMask Mask(LabelRow row) => BitMask.FromPolygon([.. row.Polygon!.Select((v, i) => v * (i % 2 == 0 ? 40 : 20))], 20, 40);
    }

    [Fact]
    public void WithoutOutlinesWantedOnlyBoxesAreTaken() =>
        Assert.Null(Read("""{"image_id": 7, "category_id": 3, "bbox": [4, 4, 8, 8], "segmentation": [[4, 4, 12, 4, 12, 12]]}""").Images[0].Objects[0].Outline);

    [Theory]
    [InlineData("""{"image_id": 7, "category_id": 3, "bbox": [1, 2, 3]}""", "annotations[0].bbox", "four numbers")]
    [InlineData("""{"image_id": 7, "category_id": 3, "bbox": [1, 2, 3, "4"]}""", "annotations[0].bbox[3]", "number")]
    [InlineData("""{"image_id": 7, "category_id": 3, "bbox": [1, 2, 3, 1e999]}""", "annotations[0].bbox[3]", "number")]
    [InlineData("""{"image_id": 7, "category_id": 4, "bbox": [1, 2, 3, 4]}""", "annotations[0].category_id", "no category")]
    [InlineData("""{"category_id": 3, "bbox": [1, 2, 3, 4]}""", "annotations[0]", "image_id")]
    [InlineData("""{"image_id": 7, "category_id": 3}""", "annotations[0]", "bbox")]
    [InlineData("""{"image_id": 7, "category_id": 3, "bbox": [0, 0, 9, 9], "segmentation": [[1, 2, 3]]}""", "segmentation[0]", "even")]
    [InlineData("""{"image_id": 7, "category_id": 3, "bbox": [0, 0, 9, 9], "segmentation": {"size": [9999999, 9999999], "counts": [1]}}""", "segmentation.size", "[20, 40]")]
    [InlineData("""{"image_id": 7, "category_id": 3, "bbox": [0, 0, 9, 9], "segmentation": {"size": [20, 40], "counts": [1]}}""", "segmentation.counts", "20×40")]
    [InlineData("""{"image_id": 7, "category_id": 3, "bbox": [0, 0, 9, 9], "segmentation": {"size": [20, 40], "counts": "~~"}}""", "segmentation.counts", "damaged")]
    [InlineData("7", "annotations[0]", "object")]
    public void WhatIsWrongIsToldWithItsPlace(string annotation, params string[] said)
    {
        string message = Assert.Throws<InputException>(() => Read(annotation, outlines: true)).Message;
        Assert.StartsWith(folder.File("i.json"), message);
        Assert.All(said, s => Assert.Contains(s, message));
        Assert.DoesNotContain('\n', message);
    }

    [Fact]
    public void MalformedFilesAreRefused()
    {
        Assert.Contains("i.json:2:", Assert.Throws<InputException>(() => ReadText("{\n  \"images\": [,")).Message);
        Assert.Contains("categories", Assert.Throws<InputException>(() => ReadText("""{"images": [], "annotations": []}""")).Message);
        Assert.Contains("list", Assert.Throws<InputException>(() => ReadText("""{"images": {}, "annotations": [], "categories": [{"id": 1, "name": "a"}]}""")).Message);
        Assert.Contains("nowhere.json", Assert.Throws<InputException>(() => CocoFile.Read(folder.File("nowhere.json"), folder.Path, false)).Message);
        Assert.Contains("no such folder", Assert.Throws<InputException>(() => CocoFile.Read(folder.File("i.json"), folder.File("nowhere"), false)).Message);
    }

    /// <summary>Every file cut short, at any byte, is one line with the file's name.</summary>
    [Fact]
    public void AFileCutShortIsMalformed()
    {
        string whole = Whole("""{"image_id": 7, "category_id": 3, "bbox": [1, 2, 3, 4]}""", Images);
        for (int length = 0; length < whole.Length; length += 7)
            Assert.StartsWith(folder.File("i.json"), Assert.Throws<InputException>(() => ReadText(whole[..length])).Message);
    }

    [Fact]
    public void AFileNameCannotLeadOutOfTheFolder()
    {
        folder.Write("secret.png", "");
        foreach (string name in new[] { "../secret.png", folder.File("secret.png").Replace("\\", "/"), "x/../../secret.png" })
            Assert.Contains("leads out", Assert.Throws<InputException>(() => ReadText(Whole("", $$"""{"id": 1, "file_name": "{{name}}"}"""))).Message);
    }

    [Fact]
    public void ImagesThatCannotBeTakenAreCounted()
    {
        folder.Write("pictures/broken.png", "");
        folder.Write("pictures/c.gif", "");
        var set = ReadText(Whole("""{"image_id": 3, "category_id": 3, "bbox": [1, 2, 3, 4]}, {"image_id": 99, "category_id": 3, "bbox": [1, 2, 3, 4]}""",
            Images + """, {"id": 1, "file_name": "broken.png"}, {"id": 2, "file_name": "c.gif"}, {"id": 3, "file_name": "none.png"}, {"id": 4, "file_name": "sub/a.png", "width": 1, "height": 1}"""));
        Assert.Equal(2, set.Images.Count);
        Assert.Equal(
            ["annotations of images that the file does not list", "images of another size than the file says", "images of kind .gif, which is not read", "images whose file is missing", "unreadable images"],
            set.LeftOut.Keys);
        Assert.All(set.LeftOut.Values, count => Assert.Equal(1, count));
    }

    [Fact]
    public void ANameThatNoFileCanHaveIsAMissingFile()
    {
        var set = ReadText(Whole("", Images + """, {"id": 3, "file_name": "a\u0000.png"}"""));
        Assert.Equal(1, set.LeftOut["images whose file is missing"]);
    }

    private ForeignSet Read(string annotations, bool outlines = false) => ReadText(Whole(annotations, Images), outlines);

    private static string Whole(string annotations, string images) =>
        $$"""{"info": {"year": 2024}, "images": [{{images}}], "annotations": [{{annotations}}], "categories": [{{Categories}}]}""";

    private ForeignSet ReadText(string json, bool outlines = false) => CocoFile.Read(folder.Write("i.json", json), folder.File("pictures"), outlines);
}
