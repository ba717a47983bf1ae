using NativeTrain.Core;
using NativeTrain.Core.Ops;
using NativeTrain.Nn.Modules;

namespace NativeTrain.Nn.Tests.Modules;

public sealed class AttentionLayerTests : ModuleTest
{
    protected override IEnumerable<Block> Blocks =>
    [
        Block.Of("one head", 16, b => new AttentionLayer(b, 16), (m, tape, x) => m.Forward(tape, x), (p, x) => Compose(p, "", x, heads: 1)),
        Block.Of("two heads", 128, b => new AttentionLayer(b, 128), (m, tape, x) => m.Forward(tape, x), (p, x) => Compose(p, "", x, heads: 2)),
    ];

    /// <summary>Per head, the packed channels are q and k of half the head's width, then v.</summary>
    public static Tensor Compose(Plain p, string prefix, Tensor x, int heads)
    {
        int width = x.C / heads, key = width / 2;
        var packed = p.Conv(prefix + "qkv", x, act: false);
        var attended = Attention.Forward(p.Tape, packed, heads, key, width);
        Tensor[] values = [.. Enumerable.Range(0, heads).Select(h => Contiguous.Forward(p.Tape, packed.Slice(h * 2 * width + width, width)))];
        var position = p.Conv(prefix + "pe", Concat.Forward(p.Tape, values), act: false);
        return Add.Forward(p.Tape, x, p.Conv(prefix + "proj", Add.Forward(p.Tape, attended, position), act: false));
    }
}
