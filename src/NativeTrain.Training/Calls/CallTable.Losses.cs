using System.Runtime.InteropServices;
using NativeTrain.Core;

namespace NativeTrain.Training;

/// <content>Losses, decoding and optimizers: calls whose operands come in lists.</content>
public abstract partial class CallTable
{
    public void DetectionLossForward(DetectionLossArgs args)
    {
        ArgumentNullException.ThrowIfNull(args);
        Call("detection_loss", "forward", Operands(args), (b, o) => b.DetectionLossForward(With(args, o)), $"topk {args.Options.TopK}", prepare: (b, o) => FillTargets(b, args, o));
    }

    public void DetectionLossBackward(DetectionLossArgs args, Tensor dloss, IReadOnlyList<Tensor> boxGrad, IReadOnlyList<Tensor> clsGrad, bool accumulate)
    {
        ArgumentNullException.ThrowIfNull(args);
        int own = Operands(args).Length, levels = args.Box.Count;
        Call("detection_loss", "backward", [.. Operands(args), dloss, .. boxGrad, .. clsGrad],
            (b, o) => b.DetectionLossBackward(With(args, o), o[own]!, o[(own + 1)..(own + 1 + levels)]!, o[(own + 1 + levels)..]!, accumulate), Accumulate(accumulate),
            prepare: (b, o) =>
            {
                FillTargets(b, args, o);
                b.DetectionLossForward(With(args, o));
            });
    }

    public void DetectionDecode(IReadOnlyList<Tensor> box, IReadOnlyList<Tensor> cls, IReadOnlyList<int> strides, int regMax, Tensor y)
    {
        ArgumentNullException.ThrowIfNull(box);
        int levels = box.Count;
        Call("detection_decode", "forward", [.. box, .. cls, y], (b, o) => b.DetectionDecode(o[..levels]!, o[levels..(2 * levels)]!, strides, regMax, o[^1]!));
    }

    // An assignment of noise would point anywhere.
    public void MaskLossForward(MaskLossArgs args)
    {
        ArgumentNullException.ThrowIfNull(args);
        Call("mask_loss", "forward", Operands(args), (b, o) => b.MaskLossForward(With(args, o)), prepare: (b, o) => FillAssignment(b, args, o));
    }

    public void MaskLossBackward(MaskLossArgs args, Tensor dloss, IReadOnlyList<Tensor> coefficientGrad, Tensor prototypeGrad)
    {
        ArgumentNullException.ThrowIfNull(args);
        int own = Operands(args).Length;
        Call("mask_loss", "backward", [.. Operands(args), dloss, .. coefficientGrad, prototypeGrad],
            (b, o) => b.MaskLossBackward(With(args, o), o[own]!, o[(own + 1)..^1]!, o[^1]!), prepare: (b, o) => FillAssignment(b, args, o));
    }

    public void CrossEntropyForward(Tensor x, Tensor classes, Tensor loss) =>
        Call("cross_entropy", "forward", [x, classes, loss], (b, o) => b.CrossEntropyForward(o[0]!, o[1]!, o[2]!), prepare: (b, o) => b.Zero(o[1]!));

    public void CrossEntropyBackward(Tensor x, Tensor classes, Tensor dloss, Tensor dx, bool accumulate) =>
        Call("cross_entropy", "backward", [x, classes, dloss, dx], (b, o) => b.CrossEntropyBackward(o[0]!, o[1]!, o[2]!, o[3]!, accumulate), Accumulate(accumulate), prepare: (b, o) => b.Zero(o[1]!));

    public double GradNorm(IReadOnlyList<Tensor> grads)
    {
        double norm = 0;
        Call("optimizer", "grad_norm", [.. grads], (b, o) => norm = b.GradNorm(o!));
        return norm;
    }

    public void OptimizerStep(OptimizerStep step)
    {
        ArgumentNullException.ThrowIfNull(step);
        int n = step.Values.Count, state2 = 2 * n + step.State1.Count;
        Call("optimizer", "step", [.. step.Values, .. step.Grads, .. step.State1, .. step.State2],
            (b, o) => b.OptimizerStep(step with { Values = o[..n]!, Grads = o[n..(2 * n)]!, State1 = o[(2 * n)..state2]!, State2 = o[state2..]! }), step.Kind.ToString());
    }

    public void ZeroGrads(IReadOnlyList<Tensor> grads) => Call("optimizer", "zero", [.. grads], (b, o) => b.ZeroGrads(o!));

    public void EmaUpdate(IReadOnlyList<Tensor> averages, IReadOnlyList<Tensor> values, float decay)
    {
        ArgumentNullException.ThrowIfNull(averages);
        int n = averages.Count;
        Call("optimizer", "ema", [.. averages, .. values], (b, o) => b.EmaUpdate(o[..n]!, o[n..]!, decay));
    }

    private static Tensor?[] Operands(DetectionLossArgs a) => [.. a.Box, .. a.Cls, a.Targets, a.Items, a.Loss, a.Saved];

    private static DetectionLossArgs With(DetectionLossArgs a, Tensor?[] o)
    {
        int n = a.Box.Count;
        return new DetectionLossArgs
        {
            Box = o[..n]!, Cls = o[n..(2 * n)]!, Strides = a.Strides, Options = a.Options,
            Targets = o[2 * n]!, Items = o[2 * n + 1]!, Loss = o[2 * n + 2]!, Saved = o[2 * n + 3]!,
        };
    }

    private static void FillTargets(IBackend backend, DetectionLossArgs a, Tensor?[] o)
    {
        var targets = o[2 * a.Box.Count]!;
        int images = a.Box[0].Shape[0];
        float[] rows = RandomTargets.Rows(new Random(0), (int)targets.Rows, images, a.Cls[0].C);
        backend.Upload(MemoryMarshal.AsBytes(rows.AsSpan()), targets);
    }

    private static Tensor?[] Operands(MaskLossArgs a) => [.. a.Coefficients, a.Prototypes, a.Assigned, a.Masks, a.Item, a.Loss];

    private static MaskLossArgs With(MaskLossArgs a, Tensor?[] o)
    {
        int n = a.Coefficients.Count;
        return new MaskLossArgs
        {
            Coefficients = o[..n]!, Strides = a.Strides, Gain = a.Gain,
            Prototypes = o[n]!, Assigned = o[n + 1]!, Masks = o[n + 2]!, Item = o[n + 3]!, Loss = o[n + 4]!,
        };
    }

    /// <summary>Every 50th cell learns a box of a tenth of the picture, as a dozen objects with ten cells each come to.</summary>
    private static void FillAssignment(IBackend backend, MaskLossArgs a, Tensor?[] o)
    {
        int n = a.Coefficients.Count;
        Tensor assigned = o[n + 1]!, masks = o[n + 2]!;
        float side = a.Coefficients[0].Shape[1] * a.Strides[0];
        var rows = new float[assigned.Count];
        for (int cell = 0; cell < assigned.Rows; cell++)
        {
            float[] row = cell % 50 == 0 ? [0.4f * side, 0.4f * side, 0.7f * side, 0.7f * side, 1, 0, 0] : [0, 0, 0, 0, 0, -1, -1];
            row.CopyTo(rows, cell * 7);
        }
        backend.Upload(MemoryMarshal.AsBytes(rows.AsSpan()), assigned);
        backend.Zero(masks);
    }
}
