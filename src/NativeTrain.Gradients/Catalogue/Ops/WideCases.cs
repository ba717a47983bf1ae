using NativeTrain.Core;
using NativeTrain.Core.Ops;
using static NativeTrain.Gradients.In;
using static NativeTrain.Gradients.OpCases;

namespace NativeTrain.Gradients;

/// <summary>
/// Channels in multiples of 8, also of slices: where every pixel lies at a multiple of 16 bytes a GPU's kernels move 4
/// floats or 8 numbers of 16 bits at a time.
/// </summary>
internal static class WideCases
{
    public static IEnumerable<OpCase> All =>
    [
        Norm("16 channels into a slice, residual in one, a copy", 16, residual: true),
        Norm("24 channels into a slice, a copy", 24, residual: false),
        new(typeof(Silu), "24 channels", [Tensor(2, 3, 3, 24)], f => [Silu.Forward(f.Tape, f[0])]),
        new(typeof(Silu), "8 of 24 channels", [Tensor(2, 3, 3, 24)], f => [Silu.Forward(f.Tape, f[0].Slice(8, 8))]),
        Linear(new(typeof(Add), "24 channels of wider maps", [Tensor(2, 3, 3, 32), Tensor(2, 3, 3, 40)], f => [Add.Forward(f.Tape, f[0].Slice(8, 24), f[1].Slice(16, 24))])),
        Linear(new(typeof(Concat), "8, 16 and 264 channels", [Tensor(1, 2, 3, 8), Tensor(1, 2, 3, 16), Tensor(1, 2, 3, 264)], f => [Concat.Forward(f.Tape, f[0], f[1], f[2])])),
        Linear(new(typeof(Contiguous), "16 of 32 channels", [Tensor(2, 3, 2, 32)], f => [Contiguous.Forward(f.Tape, f[0].Slice(8, 16))])),
        Linear(new(typeof(Upsample2x), "16 of 24 channels", [Tensor(2, 2, 3, 24)], f => [Upsample2x.Forward(f.Tape, f[0].Slice(8, 16))])),
        Linear(new(typeof(GlobalAvgPool), "264 channels", [Tensor(2, 3, 3, 264)], f => [GlobalAvgPool.Forward(f.Tape, f[0])])),
        Linear(new(typeof(Dropout), "24 wide", [Tensor(7, 24)], f => [Dropout.Forward(f.Tape, f[0], 0.4f, 11)])),
        new(typeof(MaxPool), "5×5 as in SPPF, 16 of 24 channels", [Spread(1, 5, 4, 24)], f => [MaxPool.Forward(f.Tape, f[0].Slice(8, 16), 5, 1, 2)]),
        ThereAndBack($"{DType.F16}, 16 of 24 channels", Short(1, 2, 3, 24), 8, 16, DType.F16),
        ThereAndBack($"{DType.BF16}, 16 of 24 channels", Short(1, 2, 3, 24), 8, 16, DType.BF16),
    ];

    private static OpCase Norm(string name, int c, bool residual) =>
        new(typeof(BatchNormAct), name, [Tensor(1, 50, 48, c), Scale(c), Weight(c), Tensor(1, 50, 48, residual ? c + 16 : 1)], f =>
        {
            var bn = new BatchNormState(f.Learned(1), f.Learned(2), f.Constant(0, c), f.Constant(1, c), 1e-3f, 0.03f);
            var into = f.Tape.New(f[0].Shape.WithC(c + 24), f[0].Type).Slice(16, c);
            var (y, copy) = BatchNormAct.Forward(f.Tape, f[0], bn, new BatchNormActOptions(true, into, residual ? f[3].Slice(8, c) : null, 8));
            return [y, copy!];
        })
        { OneUser = true, Step = 1.0 / 128, Elements = 24 };
}
