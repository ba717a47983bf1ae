using BenchmarkDotNet.Attributes;
using NativeTrain.Core;

namespace NativeTrain.Bench.Ops;

/// <summary>SPPF's 5×5 maximum, at 320 pixels and at 640.</summary>
public class MaxPoolBench : OpBench
{
    private const int Kernel = 5, Stride = 1, Padding = 2;
    private Tensor x, y, argmax, dy, dx;

    public static IEnumerable<Shape> Maps => [new(Batch, 10, 10, 128), new(Batch, 20, 20, 128)];

    [ParamsSource(nameof(Maps))]
    public Shape Map { get; set; }

    [GlobalSetup]
    public void Setup()
    {
        (x, y, dy, dx) = (Random(Map), Random(Map), Random(Map), Random(Map));
        argmax = Make(Map, DType.U8);
        Forward(); // Backward reads argmax.
    }

    [Benchmark]
    public void Forward() => Backend.MaxPoolForward(x, y, argmax, Kernel, Stride, Padding);

    [Benchmark]
    public void Backward() => Backend.MaxPoolBackward(dy, argmax, dx, Kernel, Stride, Padding, accumulate: false);

    /// <summary>Two maps of numbers, and a byte an element for argmax.</summary>
    public override OpCost Cost(string pass) => new(0, F32Bytes(2 * Map.Count) + Map.Count);
}
