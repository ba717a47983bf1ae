using BenchmarkDotNet.Attributes;
using NativeTrain.Core;

namespace NativeTrain.Bench.Ops;

/// <summary>Boxes and probabilities from the three levels' logits, for few classes and for COCO's 80. There is no backward pass.</summary>
public class DetectionDecodeBench : OpBench
{
    private const int RegMax = 16;
    private static readonly int[] Strides = [8, 16, 32];
    private Tensor[] box, cls;
    private Tensor y;

    [Params(3, 80)]
    public int Classes { get; set; }

    private static int Cells => Strides.Sum(s => 320 / s * (320 / s));

    [GlobalSetup]
    public void Setup()
    {
        box = [.. Strides.Select(s => Random(Level(s, 4 * RegMax)))];
        cls = [.. Strides.Select(s => Random(Level(s, Classes)))];
        y = Random(new Shape(Batch, Cells, 4 + Classes));
    }

    [Benchmark]
    public void Forward() => Backend.DetectionDecode(box, cls, Strides, RegMax, y);

    public override OpCost Cost(string pass) => new(0, F32Bytes((long)Batch * Cells * (4 * RegMax + Classes + 4 + Classes)));

    private static Shape Level(int stride, int channels) => new(Batch, 320 / stride, 320 / stride, channels);
}
