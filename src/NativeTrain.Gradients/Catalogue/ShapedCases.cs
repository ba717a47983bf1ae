using NativeTrain.Core;
using NativeTrain.Core.Ops;
using static NativeTrain.Gradients.In;
using static NativeTrain.Gradients.OpCases;

namespace NativeTrain.Gradients;

/// <summary>Cases at extents that the user gives.</summary>
internal static class ShapedCases
{
    private sealed record Shaped(string Subject, string Extents, Func<int[], GradCase> Make);

    private const string Map = "NxHxWxC";

    private static readonly Shaped[] Known =
    [
        new("Silu", Map, d => Smooth(Name(d), Tensor(d))),
        new("Add", Map, d => Linear(new(typeof(Add), Name(d), [Tensor(d), Tensor(d)], f => [Add.Forward(f.Tape, f[0], f[1])]))),
        new("BatchNormAct", Map, d => Norm(Name(d), Tensor(d))),
        new("Conv2d", Map, d => Linear(Conv(Name(d) + ", 3×3 to 8 channels", Tensor(d), Weight(8, 3, 3, d[3]), pad: 1))),
        new("ConvTranspose2d", Map, d => Linear(Transposed(Name(d) + ", 2×2 to 8 channels", Tensor(d), Weight(d[3], 2, 2, 8), 2))),
        new("MaxPool", Map, d => Pool(Name(d) + ", 5×5", Spread(d), 5, 1, 2)),
        new("Upsample2x", Map, d => Linear(new(typeof(Upsample2x), Name(d), [Tensor(d)], f => [Upsample2x.Forward(f.Tape, f[0])]))),
        new("GlobalAvgPool", Map, d => Linear(new(typeof(GlobalAvgPool), Name(d), [Tensor(d)], f => [GlobalAvgPool.Forward(f.Tape, f[0])]))),
        new("Contiguous", Map, d => Linear(new(typeof(Contiguous), Name(d), [Tensor(d)], f => [Contiguous.Forward(f.Tape, f[0].Slice(d[3] / 2, d[3] - d[3] / 2))]))),
        new("Attention", "NxHxWx32", d => d[3] == 32 ? Attend(Name(d), Tensor(d), 1, 8, 16) : throw new InputException($"shape={Text(d)}: attention takes one head of 2·8+16 channels here, NxHxWx32")),
        new("Softmax", "RxC", d => Rows(Name(d), Tensor(d))),
        new("CrossEntropy", "NxC", d => ClassifyCases.Entropy(Name(d), d[0], d[1], [.. Enumerable.Range(0, d[0]).Select(i => i % d[1])])),
        new("Dropout", "NxC", d => Linear(new(typeof(Dropout), Name(d), [Tensor(d)], f => [Dropout.Forward(f.Tape, f[0], 0.3f, 7)]))),
        new("Linear", "NxC", d => Linear(new(typeof(Linear), Name(d) + " to 8", [Tensor(d), Weight(8, d[1]), Weight(8)], f => [NativeTrain.Core.Ops.Linear.Forward(f.Tape, f[0], f.Learned(1), f.Learned(2))]))),
        new("MatMul", "MxK", d => Linear(new(typeof(MatMul), Name(d) + "·[K, 8]", [Tensor(d), Tensor(d[1], 8)], f => [MatMul.Forward(f.Tape, f[0], f[1])]))),
        new("Conv", Map, d => BlockCases.Conv(Tensor(d))),
        new("C3k2", Map, d => BlockCases.C3k2(16, Tensor(d))),
        new("SPPF", Map, d => BlockCases.Sppf(16, Tensor(d))),
        new("C2PSA", Map, d => BlockCases.C2Psa(Tensor(d))),
    ];

    /// <exception cref="InputException">The subject has no such case, or these are not its extents.</exception>
    public static GradCase Of(string subject, int[] dims)
    {
        var shaped = Known.FirstOrDefault(s => s.Subject == subject)
            ?? throw new InputException($"shape={Text(dims)}: {subject} has cases of fixed shapes only; those with shape= are {string.Join(", ", Known.Select(s => s.Subject))} and models");
        if (dims.Length != shaped.Extents.Split('x').Length) throw new InputException($"shape={Text(dims)}: {subject} takes {shaped.Extents}");
        try
        {
            return shaped.Make(dims);
        }
        catch (ArgumentException e)
        {
            throw new InputException($"shape={Text(dims)}: {e.Message}", e);
        }
    }

    private static string Name(int[] dims) => new Shape(dims).ToString();

    private static string Text(int[] dims) => string.Join('x', dims);
}
