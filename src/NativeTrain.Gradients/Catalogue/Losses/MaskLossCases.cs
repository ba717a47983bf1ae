using NativeTrain.Core;
using NativeTrain.Core.Ops;

namespace NativeTrain.Gradients;

/// <summary>The mask loss; inputs are the coefficients, level by level, and the prototypes.</summary>
internal static class MaskLossCases
{
    private static readonly MaskCase.Level[] Two = [new(4, 6, 8), new(2, 3, 16)];

    public static IEnumerable<OpCase> All =>
    [
        Case("two images, two levels, a cell of each", new MaskCase(2, 5, Two, new(0, 3, 0, 4, 3, 30, 20), new(0, 26, 1, 10, 10, 47, 31), new(1, 7, 0, 0, 0, 48, 32))),
        Case("cells that share an object", new MaskCase(1, 32, Two, new(0, 0, 1, 5, 5, 25, 25), new(0, 1, 1, 5, 5, 25, 25), new(0, 29, 1, 5, 5, 25, 25))),
        Case("a box that sticks out and one of less than a pixel", new MaskCase(1, 3, Two, new(0, 2, 0, -9, -3, 20, 50), new(0, 9, 1, 16.5f, 9, 18.5f, 14))),
        Case("one cell, one prototype", new MaskCase(1, 1, [new(1, 1, 8)], new MaskCase.Positive(0, 0, 0, 0, 0, 8, 8))),
    ];

    private static OpCase Case(string name, MaskCase c) =>
        new(typeof(MaskLoss), name, [.. c.Shapes.Select(s => In.Tensor(s.Dims.ToArray()))],
            f => [c.Forward(f.Tape, [.. c.Shapes.Select((_, i) => f[i])]).Loss])
        { Reference = _ => x => [[c.Plain(x)]] };
}
