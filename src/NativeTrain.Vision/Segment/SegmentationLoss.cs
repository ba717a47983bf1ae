using NativeTrain.Core;
using NativeTrain.Core.Ops;
using NativeTrain.Vision.Models;

namespace NativeTrain.Vision.Segment;

/// <summary>What <see cref="SegmentationLoss.Forward"/> computed; the tape owns the tensors.</summary>
/// <param name="Loss">[1]: (box + seg + cls + dfl)·N, where the walk back starts.</param>
/// <param name="Items">[4]: box, seg, cls, dfl, each with its gain.</param>
public sealed record SegmentationLossResult(Tensor Loss, Tensor Items);

/// <summary>
/// The loss of a segment head: <see cref="DetectionLoss"/> and, for the cells that it gave an object to,
/// <see cref="MaskLoss"/> with the gain of the boxes.
/// </summary>
public static class SegmentationLoss
{
    /// <param name="tape">Where to record; its backend computes.</param>
    /// <param name="head">What the model gave for a batch.</param>
    /// <param name="targets">Rows of six: image index, class, centre x, centre y, width, height (0…1 of the input).</param>
    /// <param name="masks">[N, H/4, W/4]: 0 is background, j + 1 the image's j-th row of targets.</param>
    /// <param name="options">Null: the defaults.</param>
    /// <exception cref="ArgumentException">The masks are not of the prototypes' size.</exception>
    public static SegmentationLossResult Forward(Tape tape, SegmentOutput head, ReadOnlySpan<float> targets, ReadOnlySpan<int> masks, DetectionLossOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(head);
        options ??= new DetectionLossOptions();
        var detect = DetectionLoss.Forward(tape, head.Box, head.Cls, head.Strides, targets, options);
        return Sum(tape, detect, MaskLoss.Forward(tape, head.Coefficients, head.Prototypes, head.Strides, detect.Assigned, masks, options.BoxGain));
    }

    /// <summary>The same with targets F32 [T, 6] and masks I32 [N, H/4, W/4] on the device.</summary>
    /// <exception cref="ArgumentException">The masks are not of the prototypes' size.</exception>
    public static SegmentationLossResult Forward(Tape tape, SegmentOutput head, Tensor targets, Tensor masks, DetectionLossOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(head);
        options ??= new DetectionLossOptions();
        var detect = DetectionLoss.Forward(tape, head.Box, head.Cls, head.Strides, targets, options);
        return Sum(tape, detect, MaskLoss.Forward(tape, head.Coefficients, head.Prototypes, head.Strides, detect.Assigned, masks, options.BoxGain, detect.Shares));
    }

    private static SegmentationLossResult Sum(Tape tape, DetectionLossResult detect, MaskLossResult seg)
    {
        var items = tape.New(new Shape(4));
        tape.Backend.Copy(detect.Items.Slice(0, 1), items.Slice(0, 1), accumulate: false);
        tape.Backend.Copy(seg.Item, items.Slice(1, 1), accumulate: false);
        tape.Backend.Copy(detect.Items.Slice(1, 2), items.Slice(2, 2), accumulate: false);
        return new SegmentationLossResult(Add.Forward(tape, detect.Loss, seg.Loss), items);
    }
}
