using NativeTrain.Core;
using NativeTrain.Core.Ops;
using NativeTrain.Nn.Modules;

namespace NativeTrain.Nn.Tests.Modules;

public sealed class C3kTests : ModuleTest
{
    protected override IEnumerable<Block> Blocks =>
    [
        Block.Of("two bottlenecks", 6, b => new C3k(b, 6, 10), BottleneckTests.Run, (p, x) => Compose(p, "", x)),
        Block.Of("one bottleneck", 6, b => new C3k(b, 6, 8, n: 1), BottleneckTests.Run, (p, x) => Compose(p, "", x, n: 1)),
        BottleneckTests.InConcat("in a concat", 8, b => new C3k(b, 8, 8), (p, x) => Compose(p, "", x)),
    ];

    public static Tensor Compose(Plain p, string prefix, Tensor x, int n = 2)
    {
        var a = p.Conv(prefix + "cv1", x);
        for (int i = 0; i < n; i++) a = BottleneckTests.Compose(p, $"{prefix}m.{i}.", a);
        return p.Conv(prefix + "cv3", Concat.Forward(p.Tape, a, p.Conv(prefix + "cv2", x)));
    }
}
