using BenchmarkDotNet.Attributes;
using NativeTrain.Core;

namespace NativeTrain.Bench.Ops;

/// <summary>The features of the classify head; the backward pass is the same kernel.</summary>
public class DropoutBench : OpBench
{
    private static readonly Shape Shape = new(Batch, 1280);
    private Tensor x, y;

    [GlobalSetup]
    public void Setup() => (x, y) = (Random(Shape), Random(Shape));

    [Benchmark]
    public void Forward() => Backend.Dropout(x, y, 0.2f, key: 1, accumulate: false);

    public override OpCost Cost(string pass) => new(0, F32Bytes(2 * Shape.Count));
}
