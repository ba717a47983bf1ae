using NativeTrain.Core;
using NativeTrain.Core.Ops;
using NativeTrain.Nn.Modules;

namespace NativeTrain.Nn.Tests.Modules;

public sealed class BottleneckTests : ModuleTest
{
    protected override IEnumerable<Block> Blocks =>
    [
        Block.Of("shortcut", 6, b => new Bottleneck(b, 6, 6, shortcut: true, e: 0.5), Run, (p, x) => Compose(p, "", x)),
        Block.Of("no shortcut", 6, b => new Bottleneck(b, 6, 6, shortcut: false, e: 1), Run, (p, x) => Compose(p, "", x, shortcut: false)),
        Block.Of("no shortcut, as the channels differ", 4, b => new Bottleneck(b, 4, 6, shortcut: true, e: 0.5), Run, (p, x) => Compose(p, "", x, shortcut: false)),
        InConcat("shortcut, in a concat", 6, b => new Bottleneck(b, 6, 6, shortcut: true, e: 0.5), (p, x) => Compose(p, "", x)),
        InConcat("no shortcut, in a concat", 6, b => new Bottleneck(b, 6, 6, shortcut: false, e: 0.5), (p, x) => Compose(p, "", x, shortcut: false)),
    ];

    public static Tensor Compose(Plain p, string prefix, Tensor x, bool shortcut = true)
    {
        var y = p.Conv(prefix + "cv2", p.Conv(prefix + "cv1", x));
        return shortcut ? Add.Forward(p.Tape, x, y) : y;
    }

    /// <summary>Runs an inner block by itself.</summary>
    public static Tensor Run(Inner inner, Tape tape, Tensor x) => inner.Forward(tape, x, into: null, copy: false).Y;

    /// <summary>An inner block that keeps the number of channels, writes into a range of channels and gives a copy.</summary>
    public static Block InConcat(string name, int c, Func<IBackend, Inner> make, Func<Plain, Tensor, Tensor> compose) =>
        Block.Of(name, c, make, (m, tape, x) =>
        {
            var (y, copy) = m.Forward(tape, x, tape.New(x.Shape.WithC(c + 5)).Slice(3, c), copy: true);
            return [y, copy!];
        }, (p, x) =>
        {
            var y = compose(p, x);
            return [y, Contiguous.Forward(p.Tape, y.Slice(0, c))];
        });
}
