using BenchmarkDotNet.Attributes;
using NativeTrain.Core;

namespace NativeTrain.Bench.Ops;

/// <summary>The second half of a C3k2 block's split, copied to dense memory; its gradient is added to what the concat left there.</summary>
public class ContiguousBench : OpBench
{
    private Tensor x, y, dy, dx;

    /// <summary>The map that is split.</summary>
    public static IEnumerable<Shape> Maps => [new(Batch, 80, 80, 32), new(Batch, 20, 20, 128)];

    [ParamsSource(nameof(Maps))]
    public Shape Map { get; set; }

    [GlobalSetup]
    public void Setup()
    {
        int half = Map.C / 2;
        (x, dx) = (Random(Map).Slice(half, half), Random(Map).Slice(half, half));
        (y, dy) = (Random(x.Shape), Random(x.Shape));
    }

    [Benchmark]
    public void Forward() => Backend.Copy(x, y, accumulate: false);

    [Benchmark]
    public void Backward() => Backend.Copy(dy, dx, accumulate: true);

    public override OpCost Cost(string pass) => new(0, F32Bytes((pass == nameof(Forward) ? 2 : 3) * Map.Count / 2));
}
