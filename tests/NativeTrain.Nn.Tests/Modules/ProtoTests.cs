using NativeTrain.Core;
using NativeTrain.Core.Ops;
using NativeTrain.Nn.Modules;

namespace NativeTrain.Nn.Tests.Modules;

public sealed class ProtoTests : ModuleTest
{
    protected override IEnumerable<Block> Blocks =>
        [Block.Of("6 to 5 prototypes", 6, b => new Proto(b, 6, 8, 5), (m, tape, x) => m.Forward(tape, x), Compose)];

    private static Tensor Compose(Plain p, Tensor x)
    {
        var doubled = ConvTranspose2d.Forward(p.Tape, p.Conv("cv1", x), p.Parameters["upsample.weight"], p.Parameters["upsample.bias"], stride: 2);
        return p.Conv("cv3", p.Conv("cv2", doubled));
    }
}
