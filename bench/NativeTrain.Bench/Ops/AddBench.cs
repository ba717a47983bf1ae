using BenchmarkDotNet.Attributes;
using NativeTrain.Core;

namespace NativeTrain.Bench.Ops;

/// <summary>The sum of a bottleneck's input and output. Backward copies dy to both.</summary>
public class AddBench : OpBench
{
    private Tensor a, b, y, dy, da, db;

    public static IEnumerable<Shape> Maps => [new(Batch, 80, 80, 16), new(Batch, 20, 20, 128)];

    [ParamsSource(nameof(Maps))]
    public Shape Map { get; set; }

    [GlobalSetup]
    public void Setup()
    {
        (a, b, y) = (Random(Map), Random(Map), Random(Map));
        (dy, da, db) = (Random(Map), Random(Map), Random(Map));
    }

    [Benchmark]
    public void Forward() => Backend.Add(a, b, y);

    [Benchmark]
    public void Backward()
    {
        Backend.Copy(dy, da, accumulate: false);
        Backend.Copy(dy, db, accumulate: false);
    }

    public override OpCost Cost(string pass) => new(0, F32Bytes((pass == nameof(Forward) ? 3 : 4) * Map.Count));
}
