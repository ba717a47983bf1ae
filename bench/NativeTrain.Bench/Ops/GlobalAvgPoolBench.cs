using BenchmarkDotNet.Attributes;
using NativeTrain.Core;

namespace NativeTrain.Bench.Ops;

/// <summary>The classify head's mean over its map, at 224 pixels.</summary>
public class GlobalAvgPoolBench : OpBench
{
    private static readonly Shape Shape = new(Batch, 7, 7, 1280);
    private Tensor x, y, dy, dx;

    [GlobalSetup]
    public void Setup() => (x, y, dy, dx) = (Random(Shape), Random(new Shape(Batch, Shape.C)), Random(new Shape(Batch, Shape.C)), Random(Shape));

    [Benchmark]
    public void Forward() => Backend.GlobalAvgPoolForward(x, y);

    [Benchmark]
    public void Backward() => Backend.GlobalAvgPoolBackward(dy, dx, accumulate: false);

    public override OpCost Cost(string pass) => new(0, F32Bytes(Shape.Count + Batch * Shape.C));
}
