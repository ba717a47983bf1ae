using BenchmarkDotNet.Attributes;
using NativeTrain.Core;

namespace NativeTrain.Bench.Ops;

/// <summary>Both upsamplings of the neck.</summary>
public class Upsample2xBench : OpBench
{
    private Tensor x, y, dy, dx;

    public static IEnumerable<Shape> Maps => [new(Batch, 10, 10, 256), new(Batch, 20, 20, 128)];

    [ParamsSource(nameof(Maps))]
    public Shape Map { get; set; }

    [GlobalSetup]
    public void Setup()
    {
        var twice = new Shape(Map[0], 2 * Map[1], 2 * Map[2], Map.C);
        (x, y, dy, dx) = (Random(Map), Random(twice), Random(twice), Random(Map));
    }

    [Benchmark]
    public void Forward() => Backend.Upsample2xForward(x, y);

    [Benchmark]
    public void Backward() => Backend.Upsample2xBackward(dy, dx, accumulate: false);

    public override OpCost Cost(string pass) => new(0, F32Bytes(5 * Map.Count));
}
