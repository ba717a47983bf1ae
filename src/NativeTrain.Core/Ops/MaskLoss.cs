using System.Runtime.InteropServices;
using static NativeTrain.Core.Ops.Require;

namespace NativeTrain.Core.Ops;

/// <summary>What <see cref="MaskLoss.Forward"/> computed; the tape owns the tensors.</summary>
/// <param name="Loss">[1]: the item times N, where the walk back starts.</param>
/// <param name="Item">[1]: the term with its gain.</param>
public sealed record MaskLossResult(Tensor Loss, Tensor Item);

/// <summary>
/// Loss of the masks of the cells that learn an object: binary cross-entropy of prototypes·coefficients with the object's
/// mask inside its box, mean over the map's pixels, divided by the box's share of the image, mean over those cells.
/// Keeps coefficients and prototypes. Source: Bolya et al., "YOLACT", ICCV 2019.
/// </summary>
public static class MaskLoss
{
    /// <summary>For people to read.</summary>
    public static OpFormula Formula { get; } = new("mask_loss", "loss = N·gain·mean over assigned cells of (1/area)·mean over pixels in the box of BCE(prototypes·coefficients, mask)",
        ["dlogit = (σ(prototypes·coefficients) − mask)·gain/(pixels·area·cells) inside the box, 0 outside", "dcoefficients = Σ dlogit·prototypes over pixels", "dprototypes = Σ dlogit·coefficients over cells"])
    {
        Saves = [new("coefficients", "the masks' logits are computed again, and dprototypes needs them"), new("prototypes", "the masks' logits are computed again, and dcoefficients needs them"), new("assigned", "which object each cell learns"), new("masks", "the true masks")],
        Source = "Bolya et al. 2019 (YOLACT)",
    };

    /// <param name="tape">Where to record; its backend computes.</param>
    /// <param name="coefficients">Per level, F32 [N, h, w, K], dense.</param>
    /// <param name="prototypes">F32 [N, PH, PW, K], dense.</param>
    /// <param name="strides">Per level, pixels of a cell.</param>
    /// <param name="assigned">[N, Σ h·w, 7]: <see cref="DetectionLossResult.Assigned"/>.</param>
    /// <param name="masks">[N, PH, PW]: 0 is background, j + 1 the image's j-th target.</param>
    /// <param name="gain">Factor of the term.</param>
    /// <exception cref="ArgumentException">Shapes do not fit together: masks of another size than the prototypes above all.</exception>
    public static MaskLossResult Forward(Tape tape, IReadOnlyList<Tensor> coefficients, Tensor prototypes, IReadOnlyList<int> strides,
        Tensor assigned, ReadOnlySpan<int> masks, float gain)
    {
        ArgumentNullException.ThrowIfNull(tape);
        ArgumentNullException.ThrowIfNull(prototypes);
        RequirePixels(masks.Length, prototypes.Shape);
        var map = tape.New(new Shape(prototypes.Shape[0], prototypes.Shape[1], prototypes.Shape[2]), DType.I32);
        tape.Backend.Upload(MemoryMarshal.AsBytes(masks), map);
        return Forward(tape, coefficients, prototypes, strides, assigned, map, gain);
    }

    /// <summary>
    /// The same with the masks on the device: I32, dense. Where the batch is a part of one, <paramref name="shares"/> are those of
    /// <see cref="DetectionLossResult.Shares"/>.
    /// </summary>
    /// <exception cref="ArgumentException">Shapes do not fit together: masks of another size than the prototypes above all.</exception>
    public static MaskLossResult Forward(Tape tape, IReadOnlyList<Tensor> coefficients, Tensor prototypes, IReadOnlyList<int> strides,
        Tensor assigned, Tensor masks, float gain, Tensor? shares = null)
    {
        ArgumentNullException.ThrowIfNull(tape);
        ArgumentNullException.ThrowIfNull(coefficients);
        ArgumentNullException.ThrowIfNull(prototypes);
        ArgumentNullException.ThrowIfNull(strides);
        ArgumentNullException.ThrowIfNull(assigned);
        ArgumentNullException.ThrowIfNull(masks);
        Check(coefficients, prototypes, strides, assigned, masks);
        var args = new MaskLossArgs
        {
            Coefficients = coefficients,
            Prototypes = prototypes,
            Strides = strides,
            Assigned = assigned,
            Masks = masks,
            Item = tape.New(new Shape(1)),
            Loss = tape.New(new Shape(1)),
            Gain = gain,
        };
        tape.Run("mask_loss", "forward", () => tape.Backend.MaskLossForward(args));
        tape.Record("mask_loss", () => Backward(tape, args), () => new([.. args.Coefficients.Select((t, l) => new NamedTensor($"coefficients{l}", t)), new("prototypes", args.Prototypes)], [new("loss", args.Loss), new("item", args.Item)],
            [.. args.Coefficients.Select((t, l) => new NamedTensor($"coefficients{l}", t)), new("prototypes", args.Prototypes), new("assigned", args.Assigned), new("masks", args.Masks)], []));
        return shares is null ? new MaskLossResult(args.Loss, args.Item)
            : new MaskLossResult(LossShares.Times(tape, args.Loss, shares, LossShares.Cells), LossShares.Times(tape, args.Item, shares, LossShares.Cells));
    }

    private static void Backward(Tape tape, MaskLossArgs args)
    {
        if (Tape.GradOf(args.Loss) is not { } dloss || !args.Coefficients.Append(args.Prototypes).Any(t => t.RequiresGrad)) return;
        Tensor[] coefficients = [.. args.Coefficients.Select(t => tape.AccumulatingSink(t))];
        var prototypes = tape.AccumulatingSink(args.Prototypes);
        tape.Run("mask_loss", "backward", () => tape.Backend.MaskLossBackward(args, dloss, coefficients, prototypes));
    }

    private static void Check(IReadOnlyList<Tensor> coefficients, Tensor prototypes, IReadOnlyList<int> strides, Tensor assigned, Tensor masks)
    {
        var p = prototypes.Shape;
        RequireF32("mask_loss", prototypes);
        if (p.Rank != 4 || !prototypes.IsDense) throw new ArgumentException($"mask_loss: prototypes are dense [N, PH, PW, K], not {p}");
        if (coefficients.Count is 0 or > DetectionLevels.MostLevels || coefficients.Count != strides.Count)
            throw new ArgumentException($"mask_loss: {coefficients.Count} levels of coefficients and {strides.Count} strides; a head has 1 to {DetectionLevels.MostLevels} levels");
        foreach (var c in coefficients)
        {
            RequireF32("mask_loss", c);
            if (c.Shape.Rank != 4 || c.Shape[0] != p[0] || c.C != p.C || !c.IsDense) throw new ArgumentException($"mask_loss: coefficients {c.Shape} do not fit prototypes {p}");
        }
        var cells = new Shape(p[0], coefficients.Sum(c => c.Shape[1] * c.Shape[2]), 7);
        if (assigned.Shape != cells) throw new ArgumentException($"mask_loss: the assigner's rows are {cells}, not {assigned.Shape}");
        if (masks.Type != DType.I32 || !masks.IsDense) throw new ArgumentException($"mask_loss: the masks are dense I32, not {masks}");
        RequirePixels(masks.Count, p);
    }

    private static void RequirePixels(long pixels, Shape p)
    {
        if (p.Rank != 4) throw new ArgumentException($"mask_loss: prototypes are dense [N, PH, PW, K], not {p}");
        if (pixels != p.Rows) throw new ArgumentException($"mask_loss: the masks are [{p[0]}, {p[1]}, {p[2]}] like the prototypes, {p.Rows} pixels and not {pixels}");
    }
}
