namespace NativeTrain.Core.Ops;

/// <summary>
/// Turns a detection head's logits into boxes and class probabilities, for inference: a side's distance from the
/// cell's centre is the expectation of its softmax over the bins, in cells; a class's probability its sigmoid.
/// It has no gradient: the loss works on the logits.
/// </summary>
public static class DetectionDecode
{
    /// <param name="tape">Its backend computes; nothing is recorded.</param>
    /// <param name="box">Per level, F32 [N, h, w, 4·regMax], dense: logits of the distances left, top, right, bottom.</param>
    /// <param name="cls">Per level, F32 [N, h, w, classes], dense: class logits.</param>
    /// <param name="strides">Per level, pixels of a cell.</param>
    /// <param name="regMax">Bins of a side's distance.</param>
    /// <returns>F32 [N, Σ h·w, 4 + classes]: centre x, centre y, width, height in input pixels, then class probabilities; the tape owns it.</returns>
    /// <exception cref="ArgumentException">Levels do not fit together, or a tensor is no dense F32 feature map.</exception>
    public static Tensor Forward(Tape tape, IReadOnlyList<Tensor> box, IReadOnlyList<Tensor> cls, IReadOnlyList<int> strides, int regMax = 16)
    {
        ArgumentNullException.ThrowIfNull(tape);
        int cells = DetectionLevels.Check(box, cls, strides, regMax);
        var y = tape.New(new Shape(box[0].Shape[0], cells, 4 + cls[0].C));
        y.RequiresGrad = false;
        tape.Run("detection_decode", "forward", () => tape.Backend.DetectionDecode(box, cls, strides, regMax, y));
        return y;
    }
}
