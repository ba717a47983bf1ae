using NativeTrain.Core;
using NativeTrain.Testing;
using NativeTrain.Vision.Data;
using SkiaSharp;
using Xunit;

namespace NativeTrain.Training.Tests;

/// <summary>The options of a classifier's data, seen in the batches, and what is said of the set.</summary>
public sealed class ClassifyDataTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public ClassifyDataTests()
    {
        for (int i = 0; i < 12; i++) Picture($"{(i < 8 ? "train" : "val")}/{(i % 2 == 0 ? "even" : "odd")}/{i:d2}.png", i);
    }

    public void Dispose() => folder.Dispose();

    /// <summary>A picture of 40×60 with a gradient of its own.</summary>
    private void Picture(string relative, int number)
    {
        string path = folder.File(relative);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        using var bitmap = new SKBitmap(60, 40);
        for (int y = 0; y < 40; y++)
            for (int x = 0; x < 60; x++) bitmap.SetPixel(x, y, new SKColor((byte)(4 * x), (byte)(5 * y), (byte)(20 * number)));
        using var file = File.Create(path);
        bitmap.Encode(file, SKEncodedImageFormat.Png, 100);
    }

    private (IReadOnlyList<byte> Train, IReadOnlyList<byte> Val, Recorder Told) Read(params string[] more)
    {
        var told = new Recorder();
        var data = new ClassifyData(TrainOptions.Parse(Verb.Train, [$"data={folder.Path}", "imgsz=32", "workers=0", .. more]), told);
        Assert.Equal(["even", "odd"], data.Names);
        using var trainSet = data.Open("train");
        using var valSet = data.Open("val");
        using var backend = new MetaBackend();
        using var train = data.TrainLoader(trainSet, 3, backend);
        using var val = data.ValLoader(valSet, 3, rect: true, backend);
        return (Pixels(train.Epoch(0, true)), Pixels(val.All()), told);
    }

    private static List<byte> Pixels(IEnumerable<ImageBatch> batches)
    {
        var pixels = new List<byte>();
        foreach (var batch in batches)
            using (batch)
                pixels.AddRange(batch.Images);
        return pixels;
    }

    [Theory]
    [InlineData("erasing=0.9")]
    [InlineData("auto_augment=none")]
    [InlineData("scale=0.9")]
    [InlineData("fliplr=0")]
    [InlineData("flipud=0.5")]
    [InlineData("seed=1")]
    public void TrainingPicturesFollowTheOption(string option)
    {
        var usual = Read();
        var changed = Read(option);
        Assert.NotEqual(usual.Train, changed.Train);
        Assert.Equal(usual.Val, changed.Val);
    }

    [Theory]
    [InlineData("hsv_h=0.4")]
    [InlineData("hsv_s=0")]
    [InlineData("hsv_v=0.9")]
    public void TheJitterTakesPartWhereRandAugmentDoesNot(string option)
    {
        Assert.Equal(Read().Train, Read(option).Train);
        Assert.NotEqual(Read("auto_augment=none").Train, Read("auto_augment=none", option).Train);
    }

    [Fact]
    public void ValidationPicturesFollowTheCropFraction()
    {
        var usual = Read();
        var changed = Read("crop_fraction=0.5");
        Assert.Equal(usual.Train, changed.Train);
        Assert.NotEqual(usual.Val, changed.Val);
    }

    [Fact]
    public void AFractionIsTakenOfTheTrainingSet()
    {
        var half = Read("fraction=0.5");
        Assert.Equal((4 * 32 * 32 * 3, 4 * 32 * 32 * 3), (half.Train.Count, half.Val.Count));
        Assert.NotEqual(half.Train, Read("fraction=0.5", "seed=1").Train);
    }

    [Theory]
    [InlineData("ram", "memory")]
    [InlineData("disk", "train.pixels")]
    public void TheCacheChangesNoPixel(string cache, string into)
    {
        var usual = Read();
        var cached = Read($"cache={cache}");
        Assert.Equal(usual.Train, cached.Train);
        Assert.Equal(usual.Val, cached.Val);
        Assert.Contains(cached.Told.Messages, m => m.StartsWith("train: decoding 8 images into ", StringComparison.Ordinal) && m.Contains(into));
    }

    [Fact]
    public void WhatTheSetHoldsAndSkipsIsTold()
    {
        File.WriteAllText(folder.File("train/odd/03.png"), "no picture");
        Directory.CreateDirectory(folder.File("train/zero"));
        var told = new Recorder();
        using var set = Datasets.Open(ClassifyFolders.Load(folder.Path), "train", told);
        Assert.Equal(4, told.Messages.Count);
        Assert.StartsWith("train: no picture of class 'zero'", told.Messages[0]);
        Assert.StartsWith($"skipped: {folder.File("train/odd/03.png")}: unreadable image", told.Messages[1]);
        Assert.Equal("train: 1 unreadable pictures skipped, 7 images left", told.Messages[2]);
        Assert.Equal("train: 7 pictures of 3 classes, 0 to 4 each", told.Messages[3]);
    }

    [Fact]
    public void ASetOfAnotherKindIsOneClearLine()
    {
        Directory.CreateDirectory(folder.File("boxes/images/train"));
        var e = Assert.Throws<InputException>(() => new ClassifyData(TrainOptions.Parse(Verb.Train, $"data={folder.File("boxes")}"), new Recorder()));
        Assert.Contains("no train folder; pictures to classify lie in train/CLASS/", e.Message);
    }
}
