using NativeTrain.Core;
using NativeTrain.Core.Ops;

namespace NativeTrain.Gradients;

/// <summary>
/// A segment head's shapes, what its cells are to learn and random masks; the mask loss of given coefficients and
/// prototypes once by the op and once plainly, in double, straight from its definition.
/// </summary>
internal sealed class MaskCase
{
    public sealed record Level(int H, int W, int Stride);

    /// <summary>A cell (counted over all levels) of an image that is to learn the image's target <paramref name="Row"/>, whose box is in input pixels.</summary>
    public sealed record Positive(int Image, int Cell, int Row, float X1, float Y1, float X2, float Y2);

    public const float Gain = 7.5f;
    private const int Columns = 7;

    private readonly Positive[] positives;
    private readonly int mapH, mapW;

    public MaskCase(int n, int k, Level[] levels, params Positive[] positives)
    {
        (N, K, Levels) = (n, k, levels);
        // In the order of the assigner's rows.
        this.positives = [.. positives.OrderBy(p => p.Image).ThenBy(p => p.Cell)];
        (mapH, mapW) = (levels[0].H * levels[0].Stride / 4, levels[0].W * levels[0].Stride / 4);
        var random = new Random(n * 31 + k);
        int rows = positives.Select(p => p.Row).DefaultIfEmpty().Max() + 1;
        Masks = [.. Enumerable.Range(0, n * mapH * mapW).Select(_ => random.Next(rows + 1))];
    }

    public int N { get; }
    public int K { get; }
    public Level[] Levels { get; }

    /// <summary>[N, mapH, mapW].</summary>
    public int[] Masks { get; }

    /// <summary>Shapes of the coefficients of every level, then of the prototypes.</summary>
    public Shape[] Shapes => [.. Levels.Select(l => new Shape(N, l.H, l.W, K)), new Shape(N, mapH, mapW, K)];

    private int Cells => Levels.Sum(l => l.H * l.W);

    /// <summary>The op; <paramref name="inputs"/> as in <see cref="Shapes"/>.</summary>
    public MaskLossResult Forward(Tape tape, IReadOnlyList<Tensor> inputs)
    {
        var assigned = new HostTensor(new Shape(N, Cells, Columns), Assigned()).Upload(tape);
        return MaskLoss.Forward(tape, [.. inputs.SkipLast(1)], inputs[^1], [.. Levels.Select(l => l.Stride)], assigned, Masks, Gain);
    }

    /// <inheritdoc cref="MaskLossReference.Value"/>
    public double Plain(double[][] inputs) => new MaskLossReference(Shapes, [.. Levels.Select(l => l.Stride)], Assigned(), Masks, Gain).Value(inputs);

    private float[] Assigned()
    {
        var rows = new float[N * Cells * Columns];
        for (int i = 0; i < N * Cells; i++) rows.AsSpan(i * Columns + 5, 2).Fill(-1);
        foreach (var p in positives)
            ((ReadOnlySpan<float>)[p.X1, p.Y1, p.X2, p.Y2, 0.5f, 0, p.Row]).CopyTo(rows.AsSpan((p.Image * Cells + p.Cell) * Columns));
        return rows;
    }
}
