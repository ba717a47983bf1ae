using System.Runtime.InteropServices;
using static NativeTrain.Core.Ops.Require;

namespace NativeTrain.Core.Ops;

/// <summary>What <see cref="DetectionLoss.Forward"/> computed; the tape owns the tensors.</summary>
/// <param name="Loss">[1]: (box + cls + dfl)·N, where the walk back starts.</param>
/// <param name="Items">[3]: box, cls, dfl, each with its gain, per image.</param>
/// <param name="Assigned">[N, A, 7]: what every cell is to learn, <see cref="DetectionLossArgs.Saved"/>.</param>
/// <param name="Shares">Where the batch is a part of one (<see cref="Tape.Share"/>): by how much loss and items were multiplied to be parts of the whole batch's, <see cref="LossShares"/>.</param>
public sealed record DetectionLossResult(Tensor Loss, Tensor Items, Tensor Assigned, Tensor? Shares = null);

/// <summary>
/// Loss of an anchor-free head: binary cross-entropy on the classes of all cells, CIoU and distribution focal
/// loss on the boxes of the cells that the task-aligned assigner gives to an object. No gradient flows through
/// the assigner. The formulas stand in kernels/math (bce.h, ciou.h, dfl.h, alignment.h).
/// </summary>
public static class DetectionLoss
{
    /// <summary>For people to read.</summary>
    public static OpFormula Formula { get; } = new("detection_loss",
        "loss = N·(box·Σ s·(1 − CIoU) + dfl·Σ s·DFL + cls·Σ BCE(class logits, target scores))/Σ s, s the score a cell is to reach; box, dfl and cls are the gains",
        ["dbox = ∂(CIoU and DFL terms)/∂(distance logits) at the cells that were assigned, 0 elsewhere", "dcls = N·cls·(σ(logit) − target score)/Σ s at every cell"])
    {
        Saves = [new("assigned", "which object each cell learns, with its box and score: no gradient flows through the assigner"), new("box", "CIoU and DFL are computed again"), new("cls", "σ(x) is computed again")],
        Source = "Zheng et al. 2020 (CIoU), Li et al. 2020 (DFL), Feng et al. 2021 (task-aligned assigner)",
    };

    /// <param name="tape">Where to record; its backend computes.</param>
    /// <param name="box">Per level, F32 [N, h, w, 4·RegMax], dense: logits of the distances left, top, right, bottom.</param>
    /// <param name="cls">Per level, F32 [N, h, w, classes], dense: class logits.</param>
    /// <param name="strides">Per level, pixels of a cell; level 0 times its stride is the network's input.</param>
    /// <param name="targets">Rows of six: image index, class, centre x, centre y, width, height (0…1 of the input). May be empty.</param>
    /// <param name="options">Null: the defaults.</param>
    /// <exception cref="ArgumentException">Levels do not fit together, or a tensor is no dense F32 feature map, or a target names an image or a class that there is not.</exception>
    public static DetectionLossResult Forward(Tape tape, IReadOnlyList<Tensor> box, IReadOnlyList<Tensor> cls, IReadOnlyList<int> strides,
        ReadOnlySpan<float> targets, DetectionLossOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(tape);
        DetectionLevels.Check(box, cls, strides, (options ?? new DetectionLossOptions()).RegMax);
        DetectionTargets.Check(targets, box[0].Shape[0], cls[0].C);
        var rows = tape.New(new Shape(targets.Length / 6, 6));
        if (!targets.IsEmpty) tape.Backend.Upload(MemoryMarshal.AsBytes(targets), rows);
        return Forward(tape, box, cls, strides, rows, options);
    }

    /// <summary>The same with the targets on the device, where nobody can check them any more (<see cref="DetectionTargets"/>).</summary>
    /// <param name="tape">Where to record; its backend computes.</param>
    /// <param name="box">Per level, as above.</param>
    /// <param name="cls">Per level, as above.</param>
    /// <param name="strides">Per level, as above.</param>
    /// <param name="targets">F32 [T, 6]; rows without width and height mark no object.</param>
    /// <param name="options">Null: the defaults.</param>
    /// <exception cref="ArgumentException">Levels do not fit together, or a tensor is no dense F32 feature map.</exception>
    public static DetectionLossResult Forward(Tape tape, IReadOnlyList<Tensor> box, IReadOnlyList<Tensor> cls, IReadOnlyList<int> strides,
        Tensor targets, DetectionLossOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(tape);
        ArgumentNullException.ThrowIfNull(targets);
        options ??= new DetectionLossOptions();
        int cells = DetectionLevels.Check(box, cls, strides, options.RegMax);
        RequireF32("detection_loss", targets);
        if (targets.Shape.Rank != 2 || targets.C != 6 || !targets.IsDense) throw new ArgumentException($"detection_loss: targets are dense [T, 6], not {targets.Shape}");
        var args = new DetectionLossArgs
        {
            Box = box,
            Cls = cls,
            Strides = strides,
            Targets = targets,
            Loss = tape.New(new Shape(1)),
            Items = tape.New(new Shape(3)),
            Saved = tape.New(new Shape(box[0].Shape[0], cells, 7)),
            Options = options,
        };
        tape.Run("detection_loss", "forward", () => tape.Backend.DetectionLossForward(args));
        tape.Record("detection_loss", () => Backward(tape, args), () => new([.. Levels("box", args.Box), .. Levels("cls", args.Cls)], [new("loss", args.Loss), new("items", args.Items)],
            [new("assigned", args.Saved), .. Levels("box", args.Box), .. Levels("cls", args.Cls)], []));
        if (tape.Share is not { } share) return new DetectionLossResult(args.Loss, args.Items, args.Saved);
        var shares = LossShares.Of(tape, share, args.Saved);
        return new DetectionLossResult(LossShares.Times(tape, args.Loss, shares, LossShares.Scores), LossShares.Times(tape, args.Items, shares, LossShares.Scores), args.Saved, shares);
    }

    private static IEnumerable<NamedTensor> Levels(string name, IReadOnlyList<Tensor> levels) => levels.Select((t, l) => new NamedTensor($"{name}{l}", t));

    /// <summary>Sends ∂loss/∂logits to the gradients of <c>args.Box</c> and <c>args.Cls</c>; needs the logits and <c>args.Saved</c>.</summary>
    private static void Backward(Tape tape, DetectionLossArgs args)
    {
        if (Tape.GradOf(args.Loss) is not { } dloss || !args.Box.Concat(args.Cls).Any(t => t.RequiresGrad)) return;
        // Where nothing else has used any of the logits, as in a network, their gradients need no zeros to begin with.
        bool accumulate = args.Box.Concat(args.Cls).Any(t => t.Whole is not null || t.Grad is not null);
        Tensor Sink(Tensor logits) => accumulate ? tape.AccumulatingSink(logits) : tape.Sink(logits, out _);
        Tensor[] box = [.. args.Box.Select(Sink)], cls = [.. args.Cls.Select(Sink)];
        tape.Run("detection_loss", "backward", () => tape.Backend.DetectionLossBackward(args, dloss, box, cls, accumulate));
    }
}
