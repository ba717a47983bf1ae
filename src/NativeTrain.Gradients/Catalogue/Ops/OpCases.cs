using NativeTrain.Core;
using NativeTrain.Core.Ops;
using static NativeTrain.Gradients.In;

namespace NativeTrain.Gradients;

/// <summary>
/// Every op and loss of Core/Ops at ordinary and odd shapes: 1×1 maps, 1, 3 and 17 channels, batch 1, slices, no targets.
/// </summary>
/// <remarks>
/// To add the next op (or shape), add a line to its family below, or a family to <see cref="All"/>:
/// <code>new(typeof(Silu), "1×1 map", [In.Tensor(1, 1, 1, 17)], f => [Silu.Forward(f.Tape, f[0])])</code>
/// Inputs are In.Tensor (the op takes a Tensor: <c>f[0]</c>), In.Weight or In.Scale (it takes a Parameter:
/// <c>f.Learned(1)</c>). Wrap it in <see cref="Linear"/> where the op is linear in each input;
/// use In.Spread where it picks a maximum; OneUser where its input may have no other user.
/// A test fails for a class in Core/Ops that has no case here. `gradcheck`, the tests of both backends and the 16-bit tests run this one list.
/// </remarks>
public static class OpCases
{
    public static IReadOnlyList<OpCase> All { get; } =
    [
        .. Conv2dCases().Select(Linear),
        .. ConvTranspose2dCases().Select(Linear),
        .. BatchNormCases(),
        .. ElementwiseCases(),
        .. LayoutCases().Select(Linear),
        .. CastCases(),
        .. MaxPoolCases(),
        .. RowCases(),
        .. AttentionCases(),
        .. ClassifyCases.All,
        .. WideCases.All,
        .. DetectionLossCases.All,
        .. MaskLossCases.All,
    ];

    /// <summary>A linear function's central difference is exact at any step, and rounding shrinks as the step grows.</summary>
    internal static OpCase Linear(OpCase c) => c with { Step = Tolerances.LinearStep, Tolerance = Tolerances.Linear };

    private static IEnumerable<OpCase> Conv2dCases()
    {
        yield return Conv("3×3, 3 to 17 channels, batch 2", Tensor(2, 5, 7, 3), Weight(17, 3, 3, 3), pad: 1);
        yield return Conv("3×3 on a 1×1 map of 1 channel", Tensor(1, 1, 1, 1), Weight(1, 3, 3, 1), pad: 1);
        yield return Conv("3×3 stride 2, odd map, 17 to 3 channels", Tensor(1, 7, 5, 17), Weight(3, 3, 3, 17), stride: 2, pad: 1);
        yield return Conv("3×3 stride 2, even map, 16 to 32 channels", Tensor(2, 8, 8, 16), Weight(32, 3, 3, 16), stride: 2, pad: 1);
        yield return Conv("3×3, 16 to 16 channels, wide map", Tensor(1, 4, 23, 16), Weight(16, 3, 3, 16), pad: 1);
        yield return Conv("1×1, 17 to 3 channels", Tensor(2, 3, 3, 17), Weight(3, 1, 1, 17));
        yield return Conv("1×1 on a 1×1 map", Tensor(1, 1, 1, 3), Weight(17, 1, 1, 3));
        yield return Conv("1×1, 32 to 64 channels", Tensor(1, 4, 4, 32), Weight(64, 1, 1, 32));
        yield return Conv("3×1 kernel without padding", Tensor(2, 5, 3, 3), Weight(4, 3, 1, 3));
        yield return Conv("5×5 padding 2", Tensor(1, 6, 5, 3), Weight(2, 5, 5, 3), pad: 2);
        yield return Conv("depthwise 3×3, 17 channels", Tensor(2, 5, 4, 17), Weight(17, 3, 3, 1), pad: 1, groups: 17);
        yield return Conv("depthwise 3×3 stride 2, 16 channels", Tensor(1, 6, 7, 16), Weight(16, 3, 3, 1), stride: 2, pad: 1, groups: 16);
        yield return Conv("depthwise 3×3 on a 1×1 map", Tensor(1, 1, 1, 3), Weight(3, 3, 3, 1), pad: 1, groups: 3);
        yield return Conv("two groups", Tensor(1, 4, 4, 6), Weight(4, 3, 3, 3), pad: 1, groups: 2);
        yield return new(typeof(Conv2d), "without bias", [Tensor(1, 4, 4, 3), Weight(5, 3, 3, 3)],
            f => [Conv2d.Forward(f.Tape, f[0], f.Learned(1), null, 1, 1, 1)]);
    }

    internal static OpCase Conv(string name, In x, In weight, int stride = 1, int pad = 0, int groups = 1) =>
        new(typeof(Conv2d), name, [x, weight, Weight(weight.Shape[0])],
            f => [Conv2d.Forward(f.Tape, f[0], f.Learned(1), f.Learned(2), stride, pad, groups)]);

    private static IEnumerable<OpCase> ConvTranspose2dCases()
    {
        yield return Transposed("2×2 stride 2, 3 to 17 channels", Tensor(2, 3, 4, 3), Weight(3, 2, 2, 17), 2);
        yield return Transposed("2×2 stride 2 on a 1×1 map", Tensor(1, 1, 1, 17), Weight(17, 2, 2, 1), 2);
        yield return Transposed("3×3 stride 1", Tensor(1, 3, 2, 2), Weight(2, 3, 3, 3), 1);
        yield return Transposed("3×3 stride 2, windows overlap", Tensor(1, 3, 3, 1), Weight(1, 3, 3, 3), 2);
    }

    internal static OpCase Transposed(string name, In x, In weight, int stride) =>
        new(typeof(ConvTranspose2d), name, [x, weight, Weight(weight.Shape[3])],
            f => [ConvTranspose2d.Forward(f.Tape, f[0], f.Learned(1), f.Learned(2), stride)]);

    private static IEnumerable<OpCase> BatchNormCases()
    {
        yield return Norm("SiLU, 3 channels", Tensor(2, 3, 5, 3));
        yield return Norm("SiLU, 17 channels", Tensor(1, 4, 3, 17));
        yield return Norm("SiLU, 16 channels", Tensor(2, 4, 4, 16));
        yield return Norm("SiLU, 1 channel", Tensor(2, 3, 3, 1));
        yield return Norm("SiLU, 1×1 maps of a batch", Tensor(5, 1, 1, 3));
        yield return Norm("one pixel in all: only beta has a gradient", Tensor(1, 1, 1, 3));
        yield return Norm("no activation", Tensor(2, 3, 3, 17), silu: false);
        yield return Norm("into a slice", Tensor(2, 3, 3, 3), into: true);
        yield return Norm("residual", Tensor(2, 3, 3, 17), residual: true);
        yield return Norm("residual, into a slice, no activation", Tensor(2, 3, 3, 3), silu: false, into: true, residual: true);
        yield return Norm("a dense copy of the last channels", Tensor(2, 3, 3, 17), copyFrom: 8);
        yield return Norm("a copy, residual", Tensor(2, 3, 3, 4), residual: true, copyFrom: 2);
        yield return Norm("a copy, into a slice, residual", Tensor(2, 3, 3, 4), into: true, residual: true, copyFrom: 2);
        yield return Norm("only the copy is used", Tensor(2, 3, 3, 4), copyFrom: 2, copyOnly: true);
        yield return Norm("only the copy is used, residual", Tensor(2, 3, 3, 4), residual: true, copyFrom: 2, copyOnly: true);
    }

    internal static OpCase Norm(string name, In x, bool silu = true, bool into = false, bool residual = false, int copyFrom = -1, bool copyOnly = false)
    {
        int c = x.Shape.C;
        In[] inputs = [x, Scale(c), Weight(c)];
        if (residual) inputs = [.. inputs, x];
        return new OpCase(typeof(BatchNormAct), name, inputs, f =>
        {
            var bn = new BatchNormState(f.Learned(1), f.Learned(2), f.Constant(0, c), f.Constant(1, c), 1e-3f, 0.03f);
            var options = new BatchNormActOptions(silu, into ? f.Tape.New(x.Shape.WithC(c + 5), f[0].Type).Slice(2, c) : null, residual ? f[3] : null, copyFrom);
            var (y, copy) = BatchNormAct.Forward(f.Tape, f[0], bn, options);
            return copyOnly ? [copy!] : copy is null ? [y] : [y, copy];
        })
        { OneUser = true, Step = 1.0 / 128 };
    }

    private static IEnumerable<OpCase> ElementwiseCases()
    {
        yield return Smooth("17 channels", Tensor(2, 3, 3, 17));
        yield return Smooth("1×1 map of 1 channel", Tensor(1, 1, 1, 1));
        yield return new(typeof(Silu), "a slice", [Tensor(2, 2, 2, 9)], f => [Silu.Forward(f.Tape, f[0].Slice(2, 3))]);
        yield return Linear(new(typeof(Add), "17 channels", [Tensor(2, 3, 3, 17), Tensor(2, 3, 3, 17)], f => [Add.Forward(f.Tape, f[0], f[1])]));
        yield return Linear(new(typeof(Add), "1×1 map", [Tensor(1, 1, 1, 3), Tensor(1, 1, 1, 3)], f => [Add.Forward(f.Tape, f[0], f[1])]));
        yield return Linear(new(typeof(Add), "a tensor to itself", [Tensor(1, 2, 2, 3)], f => [Add.Forward(f.Tape, f[0], f[0])]));
        yield return Linear(new(typeof(Add), "slices", [Tensor(2, 2, 3, 8)], f => [Add.Forward(f.Tape, f[0].Slice(1, 3), f[0].Slice(5, 3))]));
    }

    internal static OpCase Smooth(string name, In x) =>
        new(typeof(Silu), name, [x], f => [Silu.Forward(f.Tape, f[0])]) { Reference = _ => v => [Array.ConvertAll(v[0], e => e / (1 + Math.Exp(-e)))] };

    private static IEnumerable<OpCase> LayoutCases()
    {
        yield return new(typeof(Concat), "1, 3 and 17 channels", [Tensor(2, 2, 3, 1), Tensor(2, 2, 3, 3), Tensor(2, 2, 3, 17)],
            f => [Concat.Forward(f.Tape, f[0], f[1], f[2])]);
        yield return new(typeof(Concat), "1×1 maps", [Tensor(1, 1, 1, 3), Tensor(1, 1, 1, 1)], f => [Concat.Forward(f.Tape, f[0], f[1])]);
        yield return new(typeof(Concat), "a tensor twice", [Tensor(1, 2, 2, 3)], f => [Concat.Forward(f.Tape, f[0], f[0])]);
        yield return new(typeof(Concat), "halves of a split, swapped", [Tensor(1, 2, 2, 6)],
            f => [Concat.Forward(f.Tape, f[0].Slice(3, 3), f[0].Slice(0, 3))]);
        yield return new(typeof(Contiguous), "the middle of a split", [Tensor(2, 3, 2, 17)], f => [Contiguous.Forward(f.Tape, f[0].Slice(5, 7))]);
        yield return new(typeof(Contiguous), "1×1 map of 1 channel", [Tensor(1, 1, 1, 1)], f => [Contiguous.Forward(f.Tape, f[0])]);
        yield return new(typeof(Upsample2x), "17 channels", [Tensor(2, 2, 3, 17)], f => [Upsample2x.Forward(f.Tape, f[0])]);
        yield return new(typeof(Upsample2x), "1×1 map of 1 channel", [Tensor(1, 1, 1, 1)], f => [Upsample2x.Forward(f.Tape, f[0])]);
        yield return new(typeof(Upsample2x), "a slice", [Tensor(1, 3, 2, 6)], f => [Upsample2x.Forward(f.Tape, f[0].Slice(3, 3))]);
    }

    /// <summary>There and back: but for rounding, which the inputs have too few digits for, nothing; so is its gradient, with dy rounded.</summary>
    private static IEnumerable<OpCase> CastCases()
    {
        foreach (var type in new[] { DType.BF16, DType.F16 })
        {
            yield return ThereAndBack($"{type}, 17 channels", Short(2, 2, 3, 17), 0, 17, type);
            yield return ThereAndBack($"{type}, a slice on a 1×1 map", Short(1, 1, 1, 7), 2, 3, type);
        }
    }

    internal static OpCase ThereAndBack(string name, In x, int begin, int count, DType type) =>
        new(typeof(Cast), name, [x], f => [Cast.Forward(f.Tape, Cast.Forward(f.Tape, count == f[0].C ? f[0] : f[0].Slice(begin, count), type), DType.F32)])
        {
            Tolerance = 5e-3,
            Reference = _ => v => [[.. v[0].Chunk(x.Shape.C).SelectMany(row => row[begin..(begin + count)])]],
        };

    private static IEnumerable<OpCase> MaxPoolCases()
    {
        yield return Pool("5×5 as in SPPF, 3 channels", Spread(2, 5, 7, 3), 5, 1, 2);
        yield return Pool("5×5 as in SPPF, 17 channels", Spread(1, 4, 3, 17), 5, 1, 2);
        yield return Pool("5×5 on a 1×1 map", Spread(1, 1, 1, 3), 5, 1, 2);
        yield return Pool("2×2 stride 2, last column unused", Spread(1, 4, 5, 1), 2, 2, 0);
        yield return Pool("3×3 stride 2 padding 1", Spread(1, 5, 6, 3), 3, 2, 1);
        yield return new(typeof(MaxPool), "a slice", [Spread(1, 4, 4, 5)], f => [MaxPool.Forward(f.Tape, f[0].Slice(1, 3), 5, 1, 2)]);
    }

    internal static OpCase Pool(string name, In x, int kernel, int stride, int padding) =>
        new(typeof(MaxPool), name, [x], f => [MaxPool.Forward(f.Tape, f[0], kernel, stride, padding)]);

    private static IEnumerable<OpCase> RowCases()
    {
        yield return Rows("17 wide", Tensor(3, 5, 17));
        yield return Rows("3 wide, one row", Tensor(1, 3));
        yield return new(typeof(Softmax), "a slice", [Tensor(2, 2, 2, 9)], f => [Softmax.Forward(f.Tape, f[0].Slice(1, 5))]);
        yield return Linear(new(typeof(MatMul), "[3,17]·[17,5]", [Tensor(3, 17), Tensor(17, 5)], f => [MatMul.Forward(f.Tape, f[0], f[1])]));
        yield return Linear(new(typeof(MatMul), "[1,1]·[1,3]", [Tensor(1, 1), Tensor(1, 3)], f => [MatMul.Forward(f.Tape, f[0], f[1])]));
        yield return Linear(new(typeof(MatMul), "[32,16]·[16,48]", [Tensor(32, 16), Tensor(16, 48)], f => [MatMul.Forward(f.Tape, f[0], f[1])]));
        yield return Linear(new(typeof(MatMul), "slices", [Tensor(4, 9), Tensor(3, 8)], f => [MatMul.Forward(f.Tape, f[0].Slice(2, 3), f[1].Slice(1, 5))]));
    }

    internal static OpCase Rows(string name, In x) => new(typeof(Softmax), name, [x], f => [Softmax.Forward(f.Tape, f[0])])
    {
        Reference = _ => v => [[.. v[0].Chunk(x.Shape.C).SelectMany(row => row.Select(e => Math.Exp(e) / row.Sum(Math.Exp)))]],
    };

    private static IEnumerable<OpCase> AttentionCases()
    {
        yield return Attend("one head", Tensor(1, 2, 3, 11), 1, 3, 5);
        yield return Attend("two heads, batch 2", Tensor(2, 3, 2, 2 * 20), 2, 4, 12);
        yield return Attend("as in C2PSA, keys of 32, values of 64", Tensor(1, 2, 2, 128), 1, 32, 64);
        yield return Attend("1×1 map: only the values have a gradient", Tensor(1, 1, 1, 9), 1, 2, 5);
        yield return Attend("keys and values of 1", Tensor(1, 3, 1, 3), 1, 1, 1);
    }

    internal static OpCase Attend(string name, In qkv, int heads, int keyDim, int headDim) =>
        new(typeof(Attention), name, [qkv], f => [Attention.Forward(f.Tape, f[0], heads, keyDim, headDim)]);
}
