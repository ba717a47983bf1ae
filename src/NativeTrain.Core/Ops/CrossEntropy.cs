using System.Runtime.InteropServices;
using static NativeTrain.Core.Ops.Require;

namespace NativeTrain.Core.Ops;

/// <summary>
/// Mean over rows of −log softmax(x)[class], from logits x [N,C] and a true class a row → [1];
/// dx = (softmax(x) − one-hot)/N. Keeps x.
/// </summary>
public static class CrossEntropy
{
    /// <summary>For people to read.</summary>
    public static OpFormula Formula { get; } = new("cross_entropy", "loss = mean over rows of −log softmax(x)[class]", ["dx = dloss·(softmax(x) − one-hot(class))/N"])
    {
        Saves = [new("x", "softmax(x) is computed again"), new("classes", "the one-hot rows")],
    };

    /// <exception cref="ArgumentException">The classes do not fit the logits.</exception>
    public static Tensor Forward(Tape tape, Tensor logits, ReadOnlySpan<int> classes)
    {
        ArgumentNullException.ThrowIfNull(tape);
        ArgumentNullException.ThrowIfNull(logits);
        RequireLogits(logits, classes.Length);
        CheckClasses(classes, logits.C);
        var truth = tape.New(new Shape(classes.Length), DType.I32);
        tape.Backend.Upload(MemoryMarshal.AsBytes(classes), truth);
        return Forward(tape, logits, truth);
    }

    /// <summary>The same with the classes on the device, I32 [N], where nobody can check them any more (<see cref="CheckClasses"/>).</summary>
    /// <exception cref="ArgumentException">There are not as many as rows of logits.</exception>
    public static Tensor Forward(Tape tape, Tensor logits, Tensor truth)
    {
        ArgumentNullException.ThrowIfNull(tape);
        ArgumentNullException.ThrowIfNull(logits);
        ArgumentNullException.ThrowIfNull(truth);
        RequireLogits(logits, truth.Count);
        if (truth.Type != DType.I32 || !truth.IsDense) throw new ArgumentException($"cross_entropy wants classes as dense I32, not {truth}");
        var loss = tape.New(new Shape(1));
        tape.Run("cross_entropy", "forward", () => tape.Backend.CrossEntropyForward(logits, truth, loss), () => new OpCost(0, logits.Bytes));
        tape.Record("cross_entropy", () => Backward(tape, logits, truth, loss), () => new([new("x", logits)], [new("loss", loss)], [new("x", logits), new("classes", truth)], []));
        return loss;
    }

    /// <summary>Refuses classes that a model has not.</summary>
    /// <exception cref="ArgumentException">One is out of range.</exception>
    public static void CheckClasses(ReadOnlySpan<int> classes, int count)
    {
        foreach (int c in classes)
            if (c < 0 || c >= count)
                throw new ArgumentException($"cross_entropy: class {c} of {count}");
    }

    private static void RequireLogits(Tensor logits, long classes)
    {
        RequireF32("cross_entropy", logits);
        if (logits.Shape.Rank != 2 || logits.Count == 0) throw new ArgumentException($"cross_entropy wants logits [N,C], not {logits.Shape}");
        if (classes != logits.Rows) throw new ArgumentException($"cross_entropy: {classes} classes for {logits.Rows} rows of logits");
    }

    private static void Backward(Tape tape, Tensor logits, Tensor truth, Tensor loss)
    {
        if (Tape.GradOf(loss) is not { } dloss || !logits.RequiresGrad) return;
        var dx = tape.Sink(logits, out bool accumulate);
        tape.Run("cross_entropy", "backward", () => tape.Backend.CrossEntropyBackward(logits, truth, dloss, dx, accumulate), () => new OpCost(0, 2 * logits.Bytes));
    }
}
