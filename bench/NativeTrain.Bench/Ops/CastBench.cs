using BenchmarkDotNet.Attributes;
using NativeTrain.Core;

namespace NativeTrain.Bench.Ops;

/// <summary>A map of 16 bits to F32, as before the loss of a segment head, and its gradient back.</summary>
public class CastBench : OpBench
{
    private Tensor x, y;

    public static IEnumerable<Shape> Maps => [new(Batch, 80, 80, 32)];

    [ParamsSource(nameof(Maps))]
    public Shape Map { get; set; }

    [Params(DType.F16, DType.BF16)]
    public DType Type { get; set; }

    [GlobalSetup]
    public void Setup()
    {
        y = Random(Map);
        x = Make(Map, Type);
        Backend.Copy(y, x, accumulate: false);
    }

    [Benchmark]
    public void Forward() => Backend.Copy(x, y, accumulate: false);

    [Benchmark]
    public void Backward() => Backend.Copy(y, x, accumulate: false);

    public override OpCost Cost(string pass) => new(0, F32Bytes(Map.Count) * 3 / 2);
}
