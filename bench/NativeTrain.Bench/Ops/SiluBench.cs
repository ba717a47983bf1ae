using BenchmarkDotNet.Attributes;
using NativeTrain.Core;

namespace NativeTrain.Bench.Ops;

/// <summary>SiLU by itself (in the network it is part of batch norm) on the largest map and one of stride 8.</summary>
public class SiluBench : OpBench
{
    private Tensor x, y, dy, dx;

    public static IEnumerable<Shape> Maps => [new(Batch, 160, 160, 16), new(Batch, 40, 40, 128)];

    [ParamsSource(nameof(Maps))]
    public Shape Map { get; set; }

    [GlobalSetup]
    public void Setup() => (x, y, dy, dx) = (Random(Map), Random(Map), Random(Map), Random(Map));

    [Benchmark]
    public void Forward() => Backend.SiluForward(x, y);

    [Benchmark]
    public void Backward() => Backend.SiluBackward(x, dy, dx, accumulate: false);

    public override OpCost Cost(string pass) => new(0, F32Bytes((pass == nameof(Forward) ? 2 : 3) * Map.Count));
}
