using BenchmarkDotNet.Attributes;
using NativeTrain.Core;

namespace NativeTrain.Bench.Ops;

/// <summary>A 2×2 transposed convolution of stride 2 that doubles the map of stride 8, and one of stride 16.</summary>
public class ConvTranspose2dBench : OpBench
{
    private const int Kernel = 2, Stride = 2;
    private Tensor x, w, y, dx, dw, dy;

    /// <summary>As many channels go in as come out.</summary>
    public static IEnumerable<Shape> Maps => [new(Batch, 40, 40, 64), new(Batch, 20, 20, 128)];

    [ParamsSource(nameof(Maps))]
    public Shape Map { get; set; }

    private Conv2dShape Layer => new(Map[0], Map[1], Map[2], Map.C, Map.C, Kernel, Kernel, Stride, Pad: 0, Groups: 1);
    private Shape Weight => new(Map.C, Kernel, Kernel, Map.C);
    private Shape Output => new(Map[0], Stride * Map[1], Stride * Map[2], Map.C);

    [GlobalSetup]
    public void Setup()
    {
        (x, w, y) = (Random(Map), Random(Weight), Random(Output));
        (dx, dw, dy) = (Random(Map), Random(Weight), Random(Output));
    }

    [Benchmark]
    public void Forward() => Backend.ConvTranspose2dForward(x, w, null, y, Layer);

    [Benchmark]
    public void BackwardData() => Backend.ConvTranspose2dBackwardData(dy, w, dx, Layer);

    [Benchmark]
    public void BackwardWeight() => Backend.ConvTranspose2dBackwardWeight(x, dy, dw, null, Layer);

    /// <summary>Each of the input's elements meets the whole kernel of every output channel.</summary>
    public override OpCost Cost(string pass) => new(2 * Map.Count * Kernel * Kernel * Map.C, F32Bytes(Map.Count + Weight.Count + Output.Count));
}
