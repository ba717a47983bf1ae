using NativeTrain.Core;
using NativeTrain.Core.Ops;
using NativeTrain.Nn.Modules;

namespace NativeTrain.Nn.Tests.Modules;

public sealed class C3k2Tests : ModuleTest
{
    protected override IEnumerable<Block> Blocks =>
    [
        .. from c3k in (bool[])[false, true]
           from n in (int[])[1, 2]
           select Block.Of($"{n} × {(c3k ? "C3k" : "bottleneck")}", 6, b => new C3k2(b, 6, 16, n, c3k), (m, tape, x) => m.Forward(tape, x), (p, x) => Compose(p, x, n, c3k)),
    ];

    private static Tensor Compose(Plain p, Tensor x, int n, bool c3k)
    {
        var y = p.Conv("cv1", x);
        int c = y.C / 2;
        var last = Contiguous.Forward(p.Tape, y.Slice(c, c));
        List<Tensor> pieces = [y.Slice(0, c), last];
        for (int i = 0; i < n; i++)
            pieces.Add(last = c3k ? C3kTests.Compose(p, $"m.{i}.", last) : BottleneckTests.Compose(p, $"m.{i}.", last));
        return p.Conv("cv2", Concat.Forward(p.Tape, pieces));
    }
}
