using NativeTrain.Core;
using NativeTrain.Core.Ops;
using static NativeTrain.Gradients.In;
using static NativeTrain.Gradients.OpCases;

namespace NativeTrain.Gradients;

/// <summary>The ops of the classify head and its loss.</summary>
internal static class ClassifyCases
{
    public static IEnumerable<OpCase> All =>
    [
        Pool("17 channels, odd map", Tensor(2, 3, 5, 17)),
        Pool("1×1 map of 1 channel", Tensor(1, 1, 1, 1)),
        Pool("more channels than a task takes", Tensor(2, 2, 3, 70)),
        Linear(new(typeof(GlobalAvgPool), "a slice", [Tensor(2, 2, 2, 9)], f => [GlobalAvgPool.Forward(f.Tape, f[0].Slice(2, 3))])),
        Layer("17 to 3, batch 5", 5, 17, 3),
        Layer("1 to 1, batch 1", 1, 1, 1),
        Layer("64 to 40, batch 16", 16, 64, 40),
        Drop("17 wide, half dropped", Tensor(5, 17), 0.5f),
        Drop("a map, a tenth dropped", Tensor(2, 3, 3, 3), 0.1f),
        Linear(new(typeof(Dropout), "a slice", [Tensor(4, 9)], f => [Dropout.Forward(f.Tape, f[0].Slice(1, 5), 0.3f, 7)])),
        Entropy("3 classes, batch 5", 5, 3, [0, 2, 1, 1, 2]),
        Entropy("17 classes, batch 1", 1, 17, [16]),
        Entropy("two classes", 2, 2, [1, 0]),
    ];

    private static OpCase Pool(string name, In x) => Linear(new(typeof(GlobalAvgPool), name, [x], f => [GlobalAvgPool.Forward(f.Tape, f[0])]));

    private static OpCase Layer(string name, int n, int inputs, int outputs) =>
        Linear(new(typeof(Linear), name, [Tensor(n, inputs), Weight(outputs, inputs), Weight(outputs)],
            f => [NativeTrain.Core.Ops.Linear.Forward(f.Tape, f[0], f.Learned(1), f.Learned(2))]));

    private static OpCase Drop(string name, In x, float probability) =>
        Linear(new(typeof(Dropout), name, [x], f => [Dropout.Forward(f.Tape, f[0], probability, 7)]));

    internal static OpCase Entropy(string name, int n, int classes, int[] truth) =>
        new(typeof(CrossEntropy), name, [Tensor(n, classes)], f => [CrossEntropy.Forward(f.Tape, f[0], truth)])
        {
            Reference = _ => x => [[InDouble(x[0], truth)]],
        };

    /// <summary>The mean over rows of log Σ exp(x) − x of the true class.</summary>
    internal static double InDouble(double[] logits, int[] truth) =>
        logits.Chunk(logits.Length / truth.Length).Zip(truth, (row, t) => Math.Log(row.Sum(Math.Exp)) - row[t]).Average();
}
