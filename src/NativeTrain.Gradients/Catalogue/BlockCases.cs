using NativeTrain.Core;
using NativeTrain.Nn.Modules;
using NativeTrain.Vision.Models;
using static NativeTrain.Gradients.In;

namespace NativeTrain.Gradients;

/// <summary>
/// Every block that a network is made of, with random weights. Maps have some eighty cells: over a few a batch norm is all but a step
/// function, of which differences tell nothing.
/// </summary>
public static class BlockCases
{
    /// <summary>A block has many parameters: of each so many elements, and a direction through all of them.</summary>
    private const int ElementsOfAnInput = 6;

    public static IReadOnlyList<GradCase> All { get; } =
    [
        One("Conv", "3×3", b => new Conv(b, 6, 16, 3), (m, t, x) => m.Forward(t, x), Map(6)),
        One("Conv", "3×3 stride 2", b => new Conv(b, 6, 16, 3, 2), (m, t, x) => m.Forward(t, x), Tensor(2, 9, 13, 6)),
        One("Conv", "depthwise 3×3, no activation", b => new Conv(b, 16, 16, 3, groups: 16, act: false), (m, t, x) => m.Forward(t, x), Map(16)),
        One("Bottleneck", "with a shortcut", b => new Bottleneck(b, 16, 16, shortcut: true, e: 0.5), (m, t, x) => m.Forward(t, x, into: null, copy: false).Y, Map(16)),
        One("C3k", "two bottlenecks", b => new C3k(b, 16, 16), (m, t, x) => m.Forward(t, x, into: null, copy: false).Y, Map(16)),
        C3k2(16, Map(6)),
        One("C3k2", "of C3k", b => new C3k2(b, 6, 16, 1, c3k: true), (m, t, x) => m.Forward(t, x), Map(6)),
        Sppf(16, Map(16)),
        One("AttentionLayer", "two heads", b => new AttentionLayer(b, 128), (m, t, x) => m.Forward(t, x), Tensor(1, 5, 6, 128)),
        One("PsaBlock", "one head", b => new PsaBlock(b, 32), (m, t, x) => m.Forward(t, x), Map(32)),
        C2Psa(Map(32)),
        One("Proto", "16 to 8 channels", b => new Proto(b, 8, 16, 8), (m, t, x) => m.Forward(t, x), Tensor(2, 4, 5, 8)),
        Head("Detect", "two levels, 3 classes", b => new DetectHead(b, [8, 16], [8, 16], 3), Tensor(2, 6, 7, 8), Tensor(2, 5, 4, 16)),
        Head("Segment", "two levels, 3 classes", b => new SegmentHead(b, [8, 16], [8, 16], 3, prototypes: 4, hidden: 8), Tensor(2, 6, 7, 8), Tensor(2, 5, 4, 16)),
        Head("Classify", "17 classes", b => new ClassifyHead(b, 16, 32, 17), Tensor(4, 4, 5, 16)),
    ];

    /// <summary>C3k2 on a map, for shape=.</summary>
    internal static GradCase C3k2(int outputs, In map) => One("C3k2", $"of bottlenecks, on {map.Shape}", b => new C3k2(b, map.Shape.C, outputs, 2, c3k: false), (m, t, x) => m.Forward(t, x), map);

    /// <summary>SPPF on a map, for shape=.</summary>
    internal static GradCase Sppf(int outputs, In map) => One("SPPF", $"5×5, on {map.Shape}", b => new Sppf(b, map.Shape.C, outputs, 5), (m, t, x) => m.Forward(t, x), map);

    /// <summary>C2PSA on a map, for shape=.</summary>
    internal static GradCase C2Psa(In map) => One("C2PSA", $"one block, on {map.Shape}", b => new C2Psa(b, map.Shape.C, n: 1), (m, t, x) => m.Forward(t, x), map);

    /// <summary>A 3×3 convolution block on a map, for shape=.</summary>
    internal static GradCase Conv(In map) => One("Conv", $"3×3, on {map.Shape}", b => new Conv(b, map.Shape.C, 16, 3), (m, t, x) => m.Forward(t, x), map);

    private static In Map(int channels) => Tensor(2, 6, 7, channels);

    private static GradCase One<T>(string subject, string name, Func<IBackend, T> make, Func<T, Tape, Tensor, Tensor> forward, In map) where T : Module =>
        Block(subject, name, make, f => [forward(f.Owner<T>(), f.Tape, f[0])], map);

    private static GradCase Head(string subject, string name, Func<IBackend, Head> make, params In[] levels) =>
        Block(subject, name, make, f => [.. HeadTensors.Of(f.Owner<Head>().Forward(f.Tape, [.. levels.Select((_, i) => f[i])]))], levels);

    /// <summary>A module as a case: its inputs are the maps, then its parameters under their own names.</summary>
    private static GradCase Block<T>(string subject, string name, Func<IBackend, T> make, Func<Feed, IReadOnlyList<Tensor>> forward, params In[] maps) where T : Module
    {
        using var meta = new MetaBackend();
        using var planned = make(meta);
        In[] inputs =
        [
            .. maps.Select((m, i) => m with { Name = maps.Length == 1 ? "x" : $"x{i}" }),
            .. planned.NamedParameters().Select(p => new In(p.Parameter.Value.Shape, true, Draw(p.Parameter.Kind)) { Name = p.Name }),
        ];
        return new GradCase(CaseKind.Block, subject, name, inputs, forward)
        {
            AnyMap = true,
            Tolerance = Tolerances.Block,
            Elements = ElementsOfAnInput,
            Build = backend =>
            {
                var module = make(backend);
                var random = new InitRandom(7);
                module.Initialize(ref random);
                return new Built(module, [.. module.NamedParameters().Select(p => p.Parameter)]);
            },
        };
    }

    /// <summary>Weights as training starts from them; scales and shifts of batch norms, which then are 1 and 0, at random.</summary>
    internal static Func<Random, int, float[]>? Draw(ParameterKind kind) => kind switch
    {
        ParameterKind.Norm => Uniform(0.5f, 1.5f),
        ParameterKind.Bias => Uniform(-0.5f, 0.5f),
        _ => null,
    };
}
