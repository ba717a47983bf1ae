using BenchmarkDotNet.Attributes;
using NativeTrain.Core;

namespace NativeTrain.Bench.Ops;

/// <summary>C2PSA's attention (2 heads, keys of 32, values of 64) at 320 pixels and at 640, where cells are four times as many.</summary>
public class AttentionBench : OpBench
{
    private const int Heads = 2, KeyDim = 32, HeadDim = 64;
    private Tensor qkv, p, y, dy, dqkv;

    public static IEnumerable<Shape> Maps => [Map(10), Map(20)];

    [ParamsSource(nameof(Maps))]
    public Shape Qkv { get; set; }

    private Shape Output => Qkv.WithC(Heads * HeadDim);
    private Shape Scores => new(Batch, Heads, Cells, Cells);
    private int Cells => Qkv[1] * Qkv[2];

    [GlobalSetup]
    public void Setup()
    {
        (qkv, p, y) = (Random(Qkv), Random(Scores), Random(Output));
        (dqkv, dy) = (Random(Qkv), Random(Output));
        Forward(); // Backward reads p.
    }

    [Benchmark]
    public void Forward() => Backend.AttentionForward(qkv, y, p, Heads, KeyDim, HeadDim);

    [Benchmark]
    public void Backward() => Backend.AttentionBackward(qkv, p, dy, dqkv, Heads, KeyDim, HeadDim, accumulate: false);

    /// <summary>Two matrix products forward (scores, values) and four backward.</summary>
    public override OpCost Cost(string pass)
    {
        bool forward = pass == nameof(Forward);
        long flops = 2 * Scores.Count * (KeyDim + HeadDim);
        long bytes = F32Bytes(Qkv.Count + Output.Count + Scores.Count);
        return forward ? new(flops, bytes) : new(2 * flops, bytes + F32Bytes(Qkv.Count));
    }

    private static Shape Map(int size) => new(Batch, size, size, Heads * (2 * KeyDim + HeadDim));
}
