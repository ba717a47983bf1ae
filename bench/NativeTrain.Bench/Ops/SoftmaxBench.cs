using BenchmarkDotNet.Attributes;
using NativeTrain.Core;

namespace NativeTrain.Bench.Ops;

/// <summary>Rows as long as attention's (one a cell of 10×10) and as a box side's distribution (16 bins, four sides of 2100 cells).</summary>
public class SoftmaxBench : OpBench
{
    private Tensor x, y, dy, dx;

    public static IEnumerable<Shape> Rows => [new(Batch, 2, 100, 100), new(Batch, 2100, 4, 16)];

    [ParamsSource(nameof(Rows))]
    public Shape Shape { get; set; }

    [GlobalSetup]
    public void Setup()
    {
        (x, y, dy, dx) = (Random(Shape), Random(Shape), Random(Shape), Random(Shape));
        Forward(); // Backward reads y.
    }

    [Benchmark]
    public void Forward() => Backend.SoftmaxForward(x, y);

    [Benchmark]
    public void Backward() => Backend.SoftmaxBackward(y, dy, dx, accumulate: false);

    public override OpCost Cost(string pass) => new(0, F32Bytes((pass == nameof(Forward) ? 2 : 3) * Shape.Count));
}
