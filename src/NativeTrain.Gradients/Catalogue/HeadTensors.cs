using NativeTrain.Core;
using NativeTrain.Core.Ops;
using NativeTrain.Vision.Models;
using NativeTrain.Vision.Segment;

namespace NativeTrain.Gradients;

/// <summary>A head's output as a list of tensors, and what a loss makes of it.</summary>
internal static class HeadTensors
{
    /// <summary>Box and class logits, level by level, then coefficients and prototypes; or a classifier's logits.</summary>
    public static IReadOnlyList<Tensor> Of(HeadOutput head) => head switch
    {
        SegmentOutput s => [.. Levels(s), .. s.Coefficients, s.Prototypes],
        DetectOutput d => [.. Levels(d)],
        ClassifyOutput c => [c.Logits],
        _ => throw new ArgumentException($"no loss is known for {head.GetType().Name}", nameof(head)),
    };

    /// <summary>The loss of a batch, recorded.</summary>
    public static Tensor Loss(Tape tape, IReadOnlyList<Tensor> outputs, IReadOnlyList<int> strides, ModelTruth truth)
    {
        if (truth.Classes is { } classes) return CrossEntropy.Forward(tape, outputs[0], classes);
        var detect = Detect(outputs, strides);
        return truth.Masks is { } masks
            ? SegmentationLoss.Forward(tape, Segment(outputs, strides), truth.Targets, masks).Loss
            : DetectionLoss.Forward(tape, detect.Box, detect.Cls, strides, truth.Targets).Loss;
    }

    /// <summary>The same in double, with the assigner's choice and CIoU's α as they are for these outputs.</summary>
    public static Func<double[][], double> LossInDouble(IBackend backend, IReadOnlyList<Tensor> outputs, IReadOnlyList<int> strides, ModelTruth truth)
    {
        if (truth.Classes is { } classes) return y => ClassifyCases.InDouble(y[0], classes);
        var detect = Detect(outputs, strides);
        var boxes = new DetectionLossReference(backend, detect.Box, detect.Cls, strides, truth.Targets);
        if (truth.Masks is not { } masks) return boxes.Value;
        int first = 2 * strides.Count;
        var seg = new MaskLossReference([.. outputs.Skip(first).Select(t => t.Shape)], strides, boxes.Assigned, masks, new DetectionLossOptions().BoxGain);
        return y => boxes.Value(y) + seg.Value(y[first..]);
    }

    private static IEnumerable<Tensor> Levels(DetectOutput head) => head.Box.Zip(head.Cls, (box, cls) => (Tensor[])[box, cls]).SelectMany(level => level);

    private static DetectOutput Detect(IReadOnlyList<Tensor> outputs, IReadOnlyList<int> strides) =>
        new([.. strides.Select((_, l) => outputs[2 * l])], [.. strides.Select((_, l) => outputs[2 * l + 1])], strides);

    private static SegmentOutput Segment(IReadOnlyList<Tensor> outputs, IReadOnlyList<int> strides)
    {
        var detect = Detect(outputs, strides);
        return new SegmentOutput(detect.Box, detect.Cls, strides, [.. outputs.Skip(2 * strides.Count).SkipLast(1)], outputs[^1]);
    }
}
