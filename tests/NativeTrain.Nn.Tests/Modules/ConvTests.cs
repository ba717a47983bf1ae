using NativeTrain.Core.Ops;
using NativeTrain.Nn.Modules;

namespace NativeTrain.Nn.Tests.Modules;

public sealed class ConvTests : ModuleTest
{
    protected override IEnumerable<Block> Blocks =>
    [
        Block.Of("1×1", 5, b => new Conv(b, 5, 7), (m, tape, x) => m.Forward(tape, x), (p, x) => p.Conv("", x)),
        Block.Of("3×3, stride 2", 3, b => new Conv(b, 3, 16, 3, stride: 2), (m, tape, x) => m.Forward(tape, x), (p, x) => p.Conv("", x, stride: 2)),
        Block.Of("depthwise, no activation", 9, b => new Conv(b, 9, 9, 3, groups: 9, act: false), (m, tape, x) => m.Forward(tape, x), (p, x) => p.Conv("", x, act: false)),
        Block.Of("into a range of channels, with a residual and a copy", 6, b => new Conv(b, 6, 6, 3), (m, tape, x) =>
        {
            var (y, copy) = m.Forward(tape, x, tape.New(x.Shape.WithC(11)).Slice(3, 6), residual: x, copyFrom: 2);
            return [y, copy!];
        }, (p, x) =>
        {
            var y = Add.Forward(p.Tape, p.Conv("", x), x);
            return [y, Contiguous.Forward(p.Tape, y.Slice(2, 4))];
        }),
        Block.Of("only the copy has a user", 6, b => new Conv(b, 6, 6), (m, tape, x) => m.Forward(tape, x, into: null, residual: x, copyFrom: 2).Copy!,
            (p, x) => Contiguous.Forward(p.Tape, Add.Forward(p.Tape, p.Conv("", x), x).Slice(2, 4))),
    ];
}
