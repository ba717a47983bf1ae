using System.Runtime.InteropServices;
using BenchmarkDotNet.Attributes;
using NativeTrain.Core;

namespace NativeTrain.Bench.Ops;

/// <summary>The loss of a batch's logits, for few classes and for ImageNet's 1000.</summary>
public class CrossEntropyBench : OpBench
{
    private Tensor x, truth, loss, dloss, dx;

    [Params(10, 1000)]
    public int Classes { get; set; }

    [GlobalSetup]
    public void Setup()
    {
        var shape = new Shape(Batch, Classes);
        (x, dx, loss, dloss) = (Random(shape), Random(shape), Random(new Shape(1)), Filled([1], new Shape(1)));
        truth = Make(new Shape(Batch), DType.I32);
        int[] classes = [.. Enumerable.Range(0, Batch).Select(i => i % Classes)];
        Backend.Upload(MemoryMarshal.AsBytes(classes.AsSpan()), truth);
    }

    [Benchmark]
    public void Forward() => Backend.CrossEntropyForward(x, truth, loss);

    [Benchmark]
    public void Backward() => Backend.CrossEntropyBackward(x, truth, dloss, dx, accumulate: false);

    public override OpCost Cost(string pass) => new(0, F32Bytes((pass == nameof(Forward) ? 1L : 2L) * Batch * Classes));
}
