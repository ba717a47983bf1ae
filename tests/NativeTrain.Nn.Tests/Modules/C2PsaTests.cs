using NativeTrain.Core;
using NativeTrain.Core.Ops;
using NativeTrain.Nn.Modules;

namespace NativeTrain.Nn.Tests.Modules;

public sealed class C2PsaTests : ModuleTest
{
    protected override IEnumerable<Block> Blocks =>
    [
        Block.Of("one PsaBlock by itself", 16, b => new PsaBlock(b, 16), (m, tape, x) => m.Forward(tape, x), (p, x) => ComposeBlock(p, "", x, heads: 1)),
        Block.Of("one PsaBlock of two heads", 128, b => new PsaBlock(b, 128), (m, tape, x) => m.Forward(tape, x), (p, x) => ComposeBlock(p, "", x, heads: 2)),
        Block.Of("one block", 32, b => new C2Psa(b, 32, n: 1), (m, tape, x) => m.Forward(tape, x), (p, x) => Compose(p, x, n: 1, heads: 1)),
        Block.Of("two blocks", 32, b => new C2Psa(b, 32, n: 2), (m, tape, x) => m.Forward(tape, x), (p, x) => Compose(p, x, n: 2, heads: 1)),
    ];

    private static Tensor Compose(Plain p, Tensor x, int n, int heads)
    {
        var y = p.Conv("cv1", x);
        int half = y.C / 2;
        var b = Contiguous.Forward(p.Tape, y.Slice(half, half));
        for (int i = 0; i < n; i++) b = ComposeBlock(p, $"m.{i}.", b, heads);
        return p.Conv("cv2", Concat.Forward(p.Tape, y.Slice(0, half), b));
    }

    private static Tensor ComposeBlock(Plain p, string prefix, Tensor x, int heads)
    {
        x = AttentionLayerTests.Compose(p, prefix + "attn.", x, heads);
        return Add.Forward(p.Tape, x, p.Conv(prefix + "ffn.1", p.Conv(prefix + "ffn.0", x), act: false));
    }
}
