using NativeTrain.Core;
using NativeTrain.Vision.Models;
using Xunit;

namespace NativeTrain.Vision.Tests;

/// <summary>The graphs that come with the program, on the meta backend: names, parameters, shapes of what the heads give.</summary>
public sealed class BuiltInGraphTests : IDisposable
{
    private readonly MetaBackend meta = new();

    public void Dispose() => meta.Dispose();

    [Theory] // ../shared/spec/yolo11.md, 80 classes
    [InlineData("yolo11n.yaml", YoloTask.Detect, 2_624_080)]
    [InlineData("yolo11s.yaml", YoloTask.Detect, 9_458_752)]
    [InlineData("yolo11m.yaml", YoloTask.Detect, 20_114_688)]
    [InlineData("yolo11l.yaml", YoloTask.Detect, 25_372_160)]
    [InlineData("yolo11x.yaml", YoloTask.Detect, 56_966_176)]
    [InlineData("yolo11n-seg.yaml", YoloTask.Segment, 2_876_848)]
    [InlineData("yolo11s-seg.yaml", YoloTask.Segment, 10_113_248)]
    [InlineData("yolo11m-seg.yaml", YoloTask.Segment, 22_420_896)]
    [InlineData("yolo11l-seg.yaml", YoloTask.Segment, 27_678_368)]
    [InlineData("yolo11x-seg.yaml", YoloTask.Segment, 62_142_656)]
    [InlineData("yolo11n-cls.yaml", YoloTask.Classify, 1_633_584)]
    [InlineData("yolo11s-cls.yaml", YoloTask.Classify, 5_545_488)]
    [InlineData("yolo11m-cls.yaml", YoloTask.Classify, 10_455_696)]
    [InlineData("yolo11l-cls.yaml", YoloTask.Classify, 12_937_104)]
    [InlineData("yolo11x-cls.yaml", YoloTask.Classify, 28_458_544)]
    public void ParameterCountIsTheReferences(string name, YoloTask task, long parameters)
    {
        using var model = YoloModel.Create(meta, YoloSpec.Resolve(name), 80);
        Assert.Equal(task, model.Task);
        Assert.Equal(Path.GetFileNameWithoutExtension(name), model.Spec.Name);
        Assert.Equal(parameters, model.ParameterCount);
    }

    [Fact]
    public void ASegmentHeadGivesPrototypesAtAQuarterAndCoefficientsPerCell()
    {
        using var model = YoloModel.Create(meta, YoloSpec.Resolve("yolo11n-seg"), 2);
        using var tape = new Tape(meta, record: false, training: false);
        using var x = Tensor.Create(meta, new Shape(3, 96, 160, 3));
        var output = Assert.IsType<SegmentOutput>(model.Forward(tape, x));
        Assert.Equal(new Shape(3, 24, 40, 32), output.Prototypes.Shape);
        Assert.Equal([new Shape(3, 12, 20, 32), new Shape(3, 6, 10, 32), new Shape(3, 3, 5, 32)], output.Coefficients.Select(c => c.Shape));
        Assert.Equal([new Shape(3, 12, 20, 2), new Shape(3, 6, 10, 2), new Shape(3, 3, 5, 2)], output.Cls.Select(c => c.Shape));
        Assert.Equal([8, 16, 32], output.Strides);
    }

    [Fact]
    public void AClassifyHeadGivesARowOfLogitsAnImage()
    {
        using var model = YoloModel.Create(meta, YoloSpec.Resolve("yolo11n-cls"), 7);
        using var tape = new Tape(meta, record: false, training: false);
        using var x = Tensor.Create(meta, new Shape(3, 64, 96, 3));
        Assert.Equal(new Shape(3, 7), Assert.IsType<ClassifyOutput>(model.Forward(tape, x)).Logits.Shape);
    }

    [Theory]
    [InlineData("yolo11n-pose.yaml")]
    [InlineData("yolo11-seg.yaml")]
    [InlineData("yolo11z-cls")]
    public void AnUnknownModelNamesTheBuiltInOnes(string name)
    {
        string message = Assert.Throws<InputException>(() => YoloSpec.Resolve(name)).Message;
        Assert.All((string[])[name, "yolo11n.yaml", "yolo11n-seg.yaml", "yolo11n-cls.yaml"], word => Assert.Contains(word, message));
    }
}
