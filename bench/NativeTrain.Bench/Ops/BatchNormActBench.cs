using BenchmarkDotNet.Attributes;
using NativeTrain.Core;

namespace NativeTrain.Bench.Ops;

/// <summary>Batch norm and SiLU in training: the statistics, then the one pass that applies both; the largest map and smaller ones.</summary>
public class BatchNormActBench : OpBench
{
    private const float Eps = 1e-3f, Momentum = 0.03f;
    private Tensor x, y, dy, dx, zeros, mean, invStd, runningMean, runningVar, gamma, beta, dgamma, dbeta;

    public static IEnumerable<Shape> Maps => [new(Batch, 160, 160, 16), new(Batch, 80, 80, 64), new(Batch, 20, 20, 128)];

    [ParamsSource(nameof(Maps))]
    public Shape Map { get; set; }

    [GlobalSetup]
    public void Setup()
    {
        var channels = new Shape(Map.C);
        (x, y, dy, dx) = (Random(Map), Random(Map), Random(Map), Random(Map));
        (mean, invStd, runningMean, runningVar) = (Random(channels), Random(channels), Random(channels), Random(channels));
        (gamma, beta, dgamma, dbeta) = (Random(channels), Random(channels), Random(channels), Random(channels));
        zeros = Random(Map);
        Backend.Zero(zeros);
        Statistics(); // The other passes read mean and invStd.
    }

    [Benchmark]
    public void Statistics() => Backend.BatchNormStatistics(x, Eps, Momentum, mean, invStd, runningMean, runningVar);

    [Benchmark]
    public void Forward() => Backend.BatchNormActForward(x, mean, invStd, gamma, beta, silu: true, residual: null, y, y2: null, y2Begin: 0);

    [Benchmark]
    public void Backward() => Backend.BatchNormActBackward(x, mean, invStd, gamma, beta, silu: true, dy, dy2: null, dy2Begin: 0, dx, dgamma, dbeta);

    /// <summary>As training has it: dx written over dy. Of zeros, which stay what they are when it is repeated.</summary>
    [Benchmark]
    public void BackwardInPlace() => Backend.BatchNormActBackward(x, mean, invStd, gamma, beta, silu: true, zeros, dy2: null, dy2Begin: 0, zeros, dgamma, dbeta);

    /// <summary>Backward reads x and dy twice: the sums over a channel come before dx.</summary>
    public override OpCost Cost(string pass) => new(0, F32Bytes(Map.Count * pass switch
    {
        nameof(Statistics) => 1,
        nameof(Forward) => 2,
        _ => 5,
    }));
}
