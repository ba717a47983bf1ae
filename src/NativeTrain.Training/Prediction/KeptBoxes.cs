using NativeTrain.Core;
using NativeTrain.Core.Ops;
using NativeTrain.Vision.Detect;
using NativeTrain.Vision.Models;

namespace NativeTrain.Training;

/// <summary>The boxes of a single picture that suppression keeps.</summary>
internal static class KeptBoxes
{
    /// <summary>One class a cell, above conf; in the network's pixels, with the cells that they come from.</summary>
    /// <param name="tape">Still open, not recording.</param>
    /// <param name="head">Of a batch of one picture.</param>
    /// <param name="options">conf, iou, max_det, agnostic_nms.</param>
    /// <param name="classes">Only these; null: all.</param>
    public static (IReadOnlyList<Detection> Found, IReadOnlyList<int> Anchors) Of(Tape tape, DetectOutput head, TrainOptions options, IReadOnlyList<int>? classes)
    {
        var decoded = DetectionDecode.Forward(tape, head.Box, head.Cls, head.Strides);
        float[] rows = tape.Backend.ToFloats(decoded);
        var anchors = new List<int>();
        var found = Nms.Run(rows, decoded.Shape[1], decoded.C - 4, (float)options.Conf, (float)options.Iou, options.MaxDetections, multiLabel: false, options.AgnosticNms, anchors, classes);
        return (found, anchors);
    }
}
