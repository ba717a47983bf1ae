using BenchmarkDotNet.Attributes;
using NativeTrain.Core;

namespace NativeTrain.Bench.Ops;

/// <summary>The classify head's last layer, for few classes and for ImageNet's 1000, on the convolution's kernels.</summary>
public class LinearBench : OpBench
{
    private const int Features = 1280;
    private Tensor x, w, b, y, dy, dx, dw, db;

    [Params(10, 1000)]
    public int Classes { get; set; }

    private Conv2dShape Shape => new(1, Batch, 1, Features, Classes, 1, 1, 1, 0, 1);

    [GlobalSetup]
    public void Setup()
    {
        Shape rows = new(Batch, Features), logits = new(Batch, Classes), weights = new(Classes, Features), bias = new(Classes);
        (x, w, b, y, dy, dx, dw, db) = (Random(rows), Random(weights), Random(bias), Random(logits), Random(logits), Random(rows), Random(weights), Random(bias));
    }

    [Benchmark]
    public void Forward() => Backend.Conv2dForward(x, w, b, y, Shape);

    [Benchmark]
    public void BackwardData() => Backend.Conv2dBackwardData(dy, w, dx, Shape);

    [Benchmark]
    public void BackwardWeight() => Backend.Conv2dBackwardWeight(x, dy, dw, db, Shape);

    public override OpCost Cost(string pass) => new(Shape.Flops, F32Bytes((long)Batch * (Features + Classes) + Features * Classes));
}
