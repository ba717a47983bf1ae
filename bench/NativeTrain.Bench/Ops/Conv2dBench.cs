using BenchmarkDotNet.Attributes;
using NativeTrain.Core;

namespace NativeTrain.Bench.Ops;

/// <summary>One convolution of each kind in the network: the stem, a downsampling, 3×3, 1×1 and depthwise.</summary>
public class Conv2dBench : OpBench
{
    private Tensor x, w, y, dx, dw, dy;

    /// <summary>A convolution under a short name.</summary>
    public sealed record Layer(string Name, Conv2dShape Shape)
    {
        public override string ToString() => $"{Name} {Shape.H}x{Shape.W} {Shape.IC}>{Shape.OC}";
    }

    public static IEnumerable<Layer> Layers =>
    [
        new("3x3/2", new Conv2dShape(Batch, 320, 320, 3, 16, 3, 3, Stride: 2, Pad: 1, Groups: 1)),
        new("3x3/2", new Conv2dShape(Batch, 160, 160, 16, 32, 3, 3, Stride: 2, Pad: 1, Groups: 1)),
        new("3x3", new Conv2dShape(Batch, 40, 40, 64, 64, 3, 3, Stride: 1, Pad: 1, Groups: 1)),
        new("1x1", new Conv2dShape(Batch, 20, 20, 384, 128, 1, 1, Stride: 1, Pad: 0, Groups: 1)),
        new("3x3 depthwise", new Conv2dShape(Batch, 40, 40, 64, 64, 3, 3, Stride: 1, Pad: 1, Groups: 64)),
    ];

    [ParamsSource(nameof(Layers))]
    public Layer Case { get; set; }

    private Shape Input => new(Case.Shape.N, Case.Shape.H, Case.Shape.W, Case.Shape.IC);
    private Shape Weight => new(Case.Shape.OC, Case.Shape.KH, Case.Shape.KW, Case.Shape.IC / Case.Shape.Groups);
    private Shape Output => new(Case.Shape.N, Case.Shape.OH, Case.Shape.OW, Case.Shape.OC);

    [GlobalSetup]
    public void Setup()
    {
        (x, w, y) = (Random(Input), Random(Weight), Random(Output));
        (dx, dw, dy) = (Random(Input), Random(Weight), Random(Output));
    }

    [Benchmark]
    public void Forward() => Backend.Conv2dForward(x, w, null, y, Case.Shape);

    [Benchmark]
    public void BackwardData() => Backend.Conv2dBackwardData(dy, w, dx, Case.Shape);

    [Benchmark]
    public void BackwardWeight() => Backend.Conv2dBackwardWeight(x, dy, dw, null, Case.Shape);

    public override OpCost Cost(string pass) => new(Case.Shape.Flops, F32Bytes(Input.Count + Weight.Count + Output.Count));
}
