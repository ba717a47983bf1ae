using NativeTrain.Core;
using NativeTrain.Vision.Data;
using Xunit;

namespace NativeTrain.Training.Tests;

/// <summary>What the options accept, how they are spelled and what is said of a wrong one.</summary>
public sealed class OptionTests
{
    [Fact]
    public void DefaultsAreThoseOfTheRecipe()
    {
        var o = TrainOptions.Parse(Verb.Train);
        Assert.Equal((100, 16, 640, 0, 100, 10, 64), (o.Epochs, o.Batch, o.ImageSize, o.Seed, o.Patience, o.CloseMosaic, o.NominalBatch));
        Assert.Equal(("auto", 0.01, 0.01, 0.937, 0.0005), (o.Optimizer, o.Lr0, o.Lrf, o.Momentum, o.WeightDecay));
        Assert.Equal((3.0, 0.8, 0.1), (o.WarmupEpochs, o.WarmupMomentum, o.WarmupBiasLr));
        Assert.Equal((7.5, 0.5, 1.5), (o.BoxGain, o.ClsGain, o.DflGain));
        Assert.Equal((0.015, 0.7, 0.4, 0.1, 0.5, 0.5, 1.0, 0.0), (o.HsvH, o.HsvS, o.HsvV, o.Translate, o.Scale, o.FlipLr, o.Mosaic, o.Mixup));
        Assert.Equal((0.001, 0.7, 300), (o.Conf, o.Iou, o.MaxDetections));
        Assert.Equal(0.25, TrainOptions.Parse(Verb.Predict).Conf);
        Assert.Equal((16, "val", true), (TrainOptions.Parse(Verb.Val).Batch, TrainOptions.Parse(Verb.Val).DataSplit, TrainOptions.Parse(Verb.Val).Rect));
    }

    [Fact]
    public void EveryDefaultPassesItsOwnCheck()
    {
        foreach (var option in OptionTable.All)
            foreach (var verb in new[] { Verb.Train, Verb.Val, Verb.Predict })
                if (option.DefaultFor(verb) is { } value)
                    Assert.Equal(value, option.Normalise(value));
    }

    [Theory]
    [InlineData("epochs=abc", "epochs=abc: not a whole number")]
    [InlineData("epochs=2.5", "epochs=2.5: not a whole number")]
    [InlineData("epochs=0", "epochs=0: must be at least 1")]
    [InlineData("lr0=fast", "lr0=fast: not a number")]
    [InlineData("batch=0", "batch=0: must be from 1 to 4096, or in train -1 or a share of the free memory between 0 and 1")]
    [InlineData("batch=-2", "batch=-2: must be from 1 to 4096, or in train -1 or a share of the free memory between 0 and 1")]
    [InlineData("batch=1.5", "batch=1.5: must be from 1 to 4096, or in train -1 or a share of the free memory between 0 and 1")]
    [InlineData("lr0=nan", "lr0=nan: not a number")]
    [InlineData("mosaic=2", "mosaic=2: must be from 0 to 1")]
    [InlineData("cos_lr=maybe", "cos_lr=maybe: must be true or false")]
    [InlineData("optimizer=Adagrad", "optimizer=Adagrad: must be one of auto, SGD, Adam, AdamW, NAdam, RAdam, RMSProp")]
    [InlineData("epoch=3", "unknown option 'epoch'; did you mean 'epochs'?")]
    [InlineData("weight-decai=0", "unknown option 'weight-decai'; did you mean 'weight_decay'?")]
    [InlineData("amp=maybe", "amp=maybe: must be one of true, false, bf16, fp16")]
    [InlineData("source=a.jpg", "source=a.jpg: train has no such option; it belongs to predict")]
    [InlineData("half=true", "half=true: not in this version yet (only half=false)")]
    [InlineData("overlap_mask=false", "overlap_mask=false: not in this version yet (only overlap_mask=true)")]
    [InlineData("mask_ratio=2", "mask_ratio=2: not in this version yet (only mask_ratio=4)")]
    [InlineData("classes=cat", "classes=cat: not a whole number")]
    [InlineData("classes=[0,cat]", "classes=cat: not a whole number")]
    [InlineData("classes=0,-1", "classes=-1: must be at least 0")]
    [InlineData("classes=[]", "classes=[]: names no number; it takes one (0) or a list ([0,2])")]
    [InlineData("fraction=0", "fraction=0: must be from 0.0001 to 1")]
    [InlineData("multi_scale=big", "multi_scale=big: not a number")]
    [InlineData("multi_scale=1.5", "multi_scale=1.5: must be from 0 to 0.99")]
    [InlineData("dropout=1", "dropout=1: must be from 0 to 0.99")]
    [InlineData("copy_paste=2", "copy_paste=2: must be from 0 to 1")]
    [InlineData("auto_augment=augmix", "auto_augment=augmix: must be one of randaugment, none")]
    [InlineData("cache=tape", "cache=tape: must be one of false, true, ram, disk")]
    [InlineData("crop_fraction=0", "crop_fraction=0: must be from 0.1 to 1")]
    [InlineData("tracker=bytetrack.yaml", "tracker=bytetrack.yaml: not in this version yet (only tracker=botsort.yaml)")]
    [InlineData("pose=10", "pose=10: not in this version yet (only pose=12.0)")]
    [InlineData("split=test", "split=test: train has no such option; it belongs to val")]
    public void AWrongOptionIsOneClearLine(string given, string message)
    {
        var e = Assert.Throws<InputException>(() => TrainOptions.Parse(Verb.Train, given));
        Assert.Equal(message, e.Message);
    }

    [Fact]
    public void ValuesMayBeSpelledFreely()
    {
        var o = TrainOptions.Parse(Verb.Train, "cos-lr=True", "exist_ok", "lr0=1e-3", "optimizer=adamw", "name=None", "amp=False", "fraction=1", "split=val");
        Assert.True(o.CosLr && o.ExistOk);
        Assert.Equal((0.001, "AdamW", null), (o.Lr0, o.Optimizer, o.Name));
        Assert.True(o.IsGiven("lr0") && !o.IsGiven("lrf"));
    }

    [Fact]
    public void WhatTheReferenceDoesByDefaultIsAccepted()
    {
        var o = TrainOptions.Parse(Verb.Train, "rect=False", "overlap_mask=True", "mask_ratio=4",
            "pose=12.0", "kobj=1.0", "copy_paste_mode=flip", "retina_masks=False", "tracker=botsort.yaml", "int8=False", "cfg=None");
        Assert.Empty(o.Notices);
    }

    [Theory]
    [InlineData("pretrained=True", "pretrained=true: yolo11n.yaml has no weights to load; training starts from scratch")]
    [InlineData("pretrained=False", null)]
    [InlineData("pretrained=best.safetensors", null)]
    public void WhatHasNoEffectIsSaid(string given, string? notice) =>
        Assert.Equal(notice, TrainOptions.Parse(Verb.Train, "model=yolo11n.yaml", given).Notices.SingleOrDefault());

    [Fact]
    public void OneOfAFewIsCheckedAlsoWhereASwitchIsAmongThem()
    {
        var option = new OptionSpec("amp", OptionType.SwitchOrText, "false", "", Verb.None) { Choices = ["false", "bf16"] };
        Assert.Equal("false", option.Normalise("0"));
        Assert.Equal("amp=true: must be one of false, bf16", Assert.Throws<InputException>(() => option.Normalise("true")).Message);
    }

    [Fact]
    public void SavePeriodNeedsSave()
    {
        Assert.Equal("save_period=2: of no effect with save=false", Assert.Single(TrainOptions.Parse(Verb.Train, "save_period=2", "save=false").Notices));
        Assert.Empty(TrainOptions.Parse(Verb.Train, "save_period=2").Notices);
    }

    [Theory]
    [InlineData("pretrained=TRUE", "true")]
    [InlineData("pretrained=False", "false")]
    [InlineData("pretrained=runs/Best.safetensors", "runs/Best.safetensors")]
    public void PretrainedIsASwitchOrAFile(string given, string value) => Assert.Equal(value, TrainOptions.Parse(Verb.Train, given).Pretrained);

    [Fact]
    public void PredictTakesABatchAndSaysThatItIsOne()
    {
        Assert.Empty(TrainOptions.Parse(Verb.Predict, "batch=1").Notices);
        Assert.Equal("batch=8: predict takes one picture at a time", Assert.Single(TrainOptions.Parse(Verb.Predict, "batch=8").Notices));
    }

    [Theory]
    [InlineData("cache=False", CacheMode.None)]
    [InlineData("cache", CacheMode.Ram)]
    [InlineData("cache=ram", CacheMode.Ram)]
    [InlineData("cache=Disk", CacheMode.Disk)]
    public void TheCacheHasThreeKinds(string given, CacheMode mode) => Assert.Equal(mode, TrainOptions.Parse(Verb.Train, given).Cache);

    [Fact]
    public void TheOptionsOfAClassifierArrive()
    {
        var usual = TrainOptions.Parse(Verb.Train);
        Assert.Equal(new ClassifyAugmentOptions(), usual.ClassifyAugmentation);
        Assert.Equal((1, 0), (usual.CropFraction, usual.Dropout));
        var o = TrainOptions.Parse(Verb.Train, "scale=0.9", "fliplr=0.1", "flipud=0.2", "auto_augment=None", "hsv_h=0.1", "hsv_s=0.2", "hsv_v=0.3", "erasing=0", "crop_fraction=0.5", "dropout=0.2");
        Assert.Equal(new ClassifyAugmentOptions { Scale = 0.9f, FlipLr = 0.1f, FlipUd = 0.2f, RandAugment = false, HsvH = 0.1f, HsvS = 0.2f, HsvV = 0.3f, Erasing = 0 }, o.ClassifyAugmentation);
        Assert.Equal((0.5, 0.2f), (o.CropFraction, o.Dropout));
    }

    [Theory]
    [InlineData("classes=3", "3", new[] { 3 })]
    [InlineData("classes=0,2", "[0, 2]", new[] { 0, 2 })]
    [InlineData("classes=[0, 2,5]", "[0, 2, 5]", new[] { 0, 2, 5 })]
    [InlineData("classes=[1]", "[1]", new[] { 1 })]
    [InlineData("classes=None", null, null)]
    public void ClassesAreANumberOrAList(string given, string? value, int[]? classes)
    {
        var o = TrainOptions.Parse(Verb.Train, given);
        Assert.Equal(value, o.Values.Single(v => v.Name == "classes").Value);
        Assert.Equal(classes, o.Classes);
        Assert.Equal(classes, TrainOptions.Parse(Verb.Train, $"classes={value ?? "none"}").Classes);
    }

    [Fact]
    public void AClassThatIsNotThereIsNamed()
    {
        var o = TrainOptions.Parse(Verb.Predict, "classes=0,3");
        Assert.Equal([0, 3], o.ClassesAmong(4, "m.safetensors"));
        Assert.Equal("classes=3: m.safetensors has classes 0 to 2", Assert.Throws<InputException>(() => o.ClassesAmong(3, "m.safetensors")).Message);
        Assert.Null(TrainOptions.Parse(Verb.Predict).ClassesAmong(3, ""));
    }

    [Theory]
    [InlineData("multi_scale=False", 0)]
    [InlineData("multi_scale", 0.5)]
    [InlineData("multi_scale=0.25", 0.25)]
    public void MultiScaleIsASwitchOrARange(string given, double range) => Assert.Equal(range, TrainOptions.Parse(Verb.Train, given).MultiScale);

    [Fact]
    public void TheAugmentationsOfBoxesAndMasksArrive()
    {
        Assert.Equal(new AugmentOptions(), TrainOptions.Parse(Verb.Train).Augmentation);
        var given = TrainOptions.Parse(Verb.Train, "hsv_h=0.1", "hsv_s=0.2", "hsv_v=0.3", "degrees=4", "translate=0.5", "scale=0.6", "shear=7", "perspective=0.0008",
            "flipud=0.9", "fliplr=0.11", "mosaic=0.12", "mixup=0.13", "copy_paste=0.14", "bgr=0.15");
        Assert.Equal(new AugmentOptions
        {
            HsvH = 0.1f, HsvS = 0.2f, HsvV = 0.3f, Degrees = 4, Translate = 0.5f, Scale = 0.6f, Shear = 7, Perspective = 0.0008f,
            FlipUd = 0.9f, FlipLr = 0.11f, Mosaic = 0.12f, Mixup = 0.13f, CopyPaste = 0.14f, Bgr = 0.15f,
        }, given.Augmentation);
    }

    [Fact]
    public void RectIsOffInTrainingAndSaidWhereItIsOn()
    {
        Assert.False(TrainOptions.Parse(Verb.Train).Rect);
        Assert.True(TrainOptions.Parse(Verb.Val).Rect && TrainOptions.Parse(Verb.Predict).Rect);
        Assert.Contains("without mosaic", Assert.Single(TrainOptions.Parse(Verb.Train, "rect=true").Notices));
    }

    [Fact]
    public void OnlyTrainFindsABatch()
    {
        Assert.Equal((0.6, 0.8, null), (TrainOptions.Parse(Verb.Train, "batch=-1").BatchShare, TrainOptions.Parse(Verb.Train, "batch=0.8").BatchShare, TrainOptions.Parse(Verb.Train, "batch=8").BatchShare));
        var e = Assert.Throws<InputException>(() => TrainOptions.Parse(Verb.Val, "batch=-1").Batch);
        Assert.Equal("batch=-1: only train finds a batch by itself; give val a number of images", e.Message);
    }

    [Fact]
    public void InputSizeIsRoundedUpAndSaid()
    {
        var o = TrainOptions.Parse(Verb.Train, "imgsz=100");
        Assert.Equal(128, o.ImageSize);
        Assert.Contains(o.Notices, n => n.Contains("128"));
        Assert.Empty(TrainOptions.Parse(Verb.Train, "imgsz=96").Notices);
    }

    [Fact]
    public void AMissingModelIsNamedWithAnExample()
    {
        var e = Assert.Throws<InputException>(() => TrainOptions.Parse(Verb.Train).Model);
        Assert.Equal("train needs model=, for example model=yolo11n.yaml", e.Message);
    }
}
