using static NativeTrain.Core.Ops.Require;

namespace NativeTrain.Core.Ops;

/// <summary>
/// Maximum over k×k windows; positions outside the map do not count. dy goes to the first maximum of its window
/// (row by row), whose position within the window is kept as one byte an output.
/// </summary>
public static class MaxPool
{
    /// <summary>For people to read.</summary>
    public static OpFormula Formula { get; } = new("max_pool", "y = max over each k×k window of x", ["dx at the window's first maximum += dy"])
    {
        Saves = [new("argmax", "the place of each window's maximum, one byte an output: x itself is not needed")],
    };

    /// <param name="tape">The tape to record on.</param>
    /// <param name="x">[N,H,W,C], also a range of channels of a wider map.</param>
    /// <param name="kernel">Side of a window, 1 to 15.</param>
    /// <param name="stride">Pixels between two windows.</param>
    /// <param name="padding">Pixels around the map, at most half a window.</param>
    /// <param name="into">Where to write: a range of channels of a wider map; null makes a new map.</param>
    public static Tensor Forward(Tape tape, Tensor x, int kernel, int stride, int padding, Tensor? into = null)
    {
        ArgumentNullException.ThrowIfNull(tape);
        ArgumentNullException.ThrowIfNull(x);
        RequireMap("max_pool", x);
        if (x.Shape.Rank != 4) throw new ArgumentException($"max_pool wants x [N,H,W,C], not {x.Shape}");
        if (kernel is < 1 or > 15) throw new ArgumentException($"max_pool: a window is 1 to 15 wide, not {kernel}");
        if (stride < 1) throw new ArgumentException($"max_pool: stride is at least 1, not {stride}");
        if (padding < 0 || 2 * padding > kernel) throw new ArgumentException($"max_pool: padding is at most half of the window, {kernel}, not {padding}");
        if (x.Shape[1] + 2 * padding < kernel || x.Shape[2] + 2 * padding < kernel) throw new ArgumentException($"max_pool: a window of {kernel} does not fit in {x.Shape} with padding {padding}");
        int oh = (x.Shape[1] + 2 * padding - kernel) / stride + 1, ow = (x.Shape[2] + 2 * padding - kernel) / stride + 1;
        var shape = new Shape(x.Shape[0], oh, ow, x.C);
        RequireMap("max_pool", into, like: x);
        if (into is not null && into.Shape != shape) throw new ArgumentException($"max_pool: {shape} cannot be written to {into.Shape}");
        var y = into ?? tape.New(shape, x.Type);
        var argmax = tape.Recording ? tape.New(y.Shape, DType.U8) : null;
        tape.Run("max_pool", "forward", () => tape.Backend.MaxPoolForward(x, y, argmax, kernel, stride, padding), () => new OpCost(0, x.Bytes + y.Bytes));
        tape.Record("max_pool", () => Backward(tape, x, y, argmax!, kernel, stride, padding), () => new([new("x", x)], [new("y", y)], [new("argmax", argmax!)], []) { Settings = $"{kernel}×{kernel}, stride {stride}, padding {padding}" });
        return y;
    }

    private static void Backward(Tape tape, Tensor x, Tensor y, Tensor argmax, int kernel, int stride, int padding)
    {
        if (Tape.GradOf(y) is not { } dy || !x.RequiresGrad) return;
        var dx = tape.Sink(x, out bool accumulate);
        tape.Run("max_pool", "backward", () => tape.Backend.MaxPoolBackward(dy, argmax, dx, kernel, stride, padding, accumulate), () => new OpCost(0, dy.Bytes + dx.Bytes));
    }
}
