using NativeTrain.Core;
using NativeTrain.Vision.Data;
using NativeTrain.Vision.Models;
using Xunit;

namespace NativeTrain.Training.Tests;

/// <summary>The options that choose what of a data set is used, and in which shape, seen from a run's outside.</summary>
public sealed class DataOptionTests(TinySet set) : IClassFixture<TinySet>
{
    private Recorder Train(params string[] options)
    {
        var told = new Recorder();
        Trainer.Run(set.Backend, set.Options(["epochs=1", .. options]), told);
        return told;
    }

    [Fact]
    public void AFractionOfTheTrainingSetAndAllOfTheOther()
    {
        var told = Train("fraction=0.25");
        Assert.Equal((3, TinySet.ValImages), (told.Start!.TrainImages, told.Start.ValImages));
        Assert.Single(told.Steps);
    }

    [Fact]
    public void ASingleClassIsTrainedAndValidated()
    {
        var told = Train("single_cls=true");
        Assert.Equal(["item"], told.Start!.Classes);
        Assert.Equal(told.Epochs[0].Validation!.Metrics, told.Validated!.Metrics);
        Assert.True(told.Validated.Objects > 0);
    }

    [Fact]
    public void OnlyChosenClassesCount()
    {
        var all = Train("plots=false");
        var some = Train("classes=[1,3]");
        Assert.Equal(all.Start!.Classes, some.Start!.Classes);
        var rows = DetectionDataset.Open(DataYaml.Load(set.Data), "val", 64).Labels.SelectMany(l => l.Rows).ToList();
        Assert.Equal(rows.Count, all.Validated!.Objects);
        Assert.Equal(rows.Count(r => r.Class is 1 or 3), some.Validated!.Objects);
        Assert.NotEqual(all.Steps[0].Loss, some.Steps[0].Loss);
        var e = Assert.Throws<InputException>(() => Train("classes=4"));
        Assert.Equal($"classes=4: {set.Data} has classes 0 to 3", e.Message);
    }

    [Fact]
    public void BatchesOfManySizesTrain()
    {
        var told = Train("multi_scale=true", "batch=2");
        Assert.True(told.Steps.Select(s => s.LiveBytes).Distinct().Count() == 1, "memory is left behind");
        Assert.NotEqual(Train("batch=2").Steps.Select(s => s.Loss), told.Steps.Select(s => s.Loss));
    }

    [Fact]
    public void RectangularBatchesTrain()
    {
        var told = Train("rect=true", "close_mosaic=1", "epochs=2");
        Assert.DoesNotContain(told.Messages, m => m.StartsWith("mosaic, mixup and copy_paste are off"));
        Assert.Contains(told.Messages, m => m.StartsWith("rect=true"));
        Assert.NotEqual(Train("epochs=2").Steps[0].Loss, told.Steps[0].Loss);
    }

    [Fact]
    public void ASegmenterTrainsOnPastedObjectsAndBatchesOfManyShapes()
    {
        string folder = Path.Combine(set.Folder, "outlines");
        ShapesGenerator.Write(folder, 8, 3, 64, seed: 1, YoloTask.Segment);
        var runs = new[] { "plots=false", "copy_paste=1", "multi_scale=true", "rect=true" }
            .Select(option => Train("model=yolo11n-seg.yaml", $"data={Path.Combine(folder, "data.yaml")}", "batch=2", option)).ToList();
        Assert.All(runs, r => Assert.Single(r.Steps.Select(s => s.LiveBytes).Distinct()));
        Assert.All(runs, r => Assert.True(r.Validated!.Objects > 0 && r.Steps.Count == 4));
        Assert.Equal(4, runs.Select(r => string.Join(' ', r.Steps[^1].Loss.Values)).Distinct().Count());
    }

    [Fact]
    public void AClassifierTrainsOnAFractionAndSaysWhatItCannotUse()
    {
        string folder = Path.Combine(set.Folder, "classes");
        ShapesGenerator.Write(folder, 12, 4, 64, seed: 1, YoloTask.Classify);
        var told = Train("model=yolo11n-cls.yaml", $"data={folder}", "fraction=0.5", "degrees=10", "mosaic=1.0", "classes=0", "epochs=2", "close_mosaic=1", "box=3");
        Assert.Equal((6, 4), (told.Start!.TrainImages, told.Start.ValImages));
        Assert.Contains("classes, close_mosaic, box, degrees: of no effect on a model to classify", told.Messages);
        Assert.DoesNotContain(told.Messages, m => m.StartsWith("mosaic")); // there was none that could end
    }

    [Fact]
    public void ADetectorSaysWhatItCannotUseAndWhenMosaicEnds()
    {
        var told = Train("dropout=0.5", "erasing=0.9", "epochs=2", "close_mosaic=1");
        Assert.Contains("dropout, erasing: of no effect on a model to detect", told.Messages);
        Assert.Contains("mosaic, mixup and copy_paste are off from here on (close_mosaic=1)", told.Messages);
    }

    [Fact]
    public void PicturesThatWouldShareATextKeepTheirFullNames()
    {
        string folder = Path.Combine(set.Folder, "twins");
        foreach (string part in new[] { "images", "labels" }) Directory.CreateDirectory(Path.Combine(folder, part));
        foreach (string name in new[] { "a.jpg", "a.jpeg", "b.jpg" }) File.Copy(set.ValPictures[0], Path.Combine(folder, "images", name));
        string yaml = Path.Combine(folder, "data.yaml");
        File.WriteAllText(yaml, "train: images\nval: images\nnames: [circle, square, triangle, star]\n");
        var trained = Trainer.Run(set.Backend, set.Options("epochs=1"));
        string runs = Path.Combine(set.Folder, "twin-runs");
        Validator.Run(set.Backend, TrainOptions.Parse(Verb.Val, $"model={trained.Best}", $"data={yaml}", "save_txt=true", "plots=false", $"project={runs}"));
        Assert.Equal(["a.jpeg.txt", "a.jpg.txt", "b.txt"], Directory.GetFiles(Path.Combine(runs, "val", "labels")).Select(Path.GetFileName).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void PastingBoxesIsSaidToDoNothing() =>
        Assert.Contains("copy_paste: without masks nothing is pasted; it is for models that segment", Train("copy_paste=0.5").Messages);
}
