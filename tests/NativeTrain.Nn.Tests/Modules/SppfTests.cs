using NativeTrain.Core;
using NativeTrain.Core.Ops;
using NativeTrain.Nn.Modules;

namespace NativeTrain.Nn.Tests.Modules;

public sealed class SppfTests : ModuleTest
{
    protected override IEnumerable<Block> Blocks =>
    [
        .. from k in (int[])[3, 5]
           select Block.Of($"windows of {k}×{k}", 6, b => new Sppf(b, 6, 8, k), (m, tape, x) => m.Forward(tape, x), (p, x) => Compose(p, x, k)),
    ];

    private static Tensor Compose(Plain p, Tensor x, int k)
    {
        List<Tensor> pieces = [p.Conv("cv1", x)];
        for (int i = 0; i < 3; i++) pieces.Add(MaxPool.Forward(p.Tape, pieces[^1], k, stride: 1, padding: k / 2));
        return p.Conv("cv2", Concat.Forward(p.Tape, pieces));
    }
}
