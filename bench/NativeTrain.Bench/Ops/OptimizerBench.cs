using BenchmarkDotNet.Attributes;
using NativeTrain.Core;

namespace NativeTrain.Bench.Ops;

/// <summary>
/// What follows a backward pass, on as many numbers as YOLO11n has (2.6 million), in as many tensors: norm of the
/// gradients, a step, the moving average.
/// </summary>
public class OptimizerBench : OpBench
{
    private const int Weights = 80, WeightSize = 32_000, Vectors = 160, VectorSize = 64;
    private Tensor[] values, grads, state1, state2;
    private OptimizerStep sgd, adamW;

    [GlobalSetup]
    public void Setup()
    {
        (values, grads, state1, state2) = (Parameters(), Parameters(), Parameters(), Parameters());
        foreach (var t in state2) Backend.Fill(t, 0.1f); // a mean of squares
        (sgd, adamW) = (Step(OptimizerKind.Sgd), Step(OptimizerKind.AdamW));
    }

    [Benchmark]
    public void Sgd() => Backend.OptimizerStep(sgd);

    [Benchmark]
    public void AdamW() => Backend.OptimizerStep(adamW);

    [Benchmark]
    public double GradNorm() => Backend.GradNorm(grads);

    [Benchmark]
    public void EmaUpdate() => Backend.EmaUpdate(state1, values, 0.999f);

    /// <summary>Reads and writes an element: value and moments both, the gradient is read.</summary>
    public override OpCost Cost(string pass) => new(0, F32Bytes((Weights * WeightSize + Vectors * VectorSize) * pass switch
    {
        nameof(Sgd) => 5L,
        nameof(AdamW) => 7L,
        nameof(GradNorm) => 1L,
        _ => 3L,
    }));

    private Tensor[] Parameters() =>
        [.. Enumerable.Repeat(WeightSize, Weights).Concat(Enumerable.Repeat(VectorSize, Vectors)).Select(n => Random(new Shape(n)))];

    private OptimizerStep Step(OptimizerKind kind) => new()
    {
        Kind = kind, Values = values, Grads = grads, State1 = state1, State2 = state2,
        LearningRate = 0.001f, Momentum = 0.9f, WeightDecay = 5e-4f, Nesterov = kind == OptimizerKind.Sgd, Step = 100,
    };
}
