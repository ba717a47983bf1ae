using BenchmarkDotNet.Attributes;
using NativeTrain.Core;

namespace NativeTrain.Bench.Ops;

/// <summary>The loss of the three levels' logits with eight objects an image, for few classes and for COCO's 80.</summary>
public class DetectionLossBench : OpBench
{
    private const int ObjectsPerImage = 8, RegMax = 16;
    private static readonly int[] Strides = [8, 16, 32];
    private DetectionLossArgs args;
    private Tensor dloss;
    private Tensor[] boxGrad, clsGrad;

    [Params(3, 80)]
    public int Classes { get; set; }

    [GlobalSetup]
    public void Setup()
    {
        Tensor[] box = [.. Strides.Select(s => Random(Level(s, 4 * RegMax)))], cls = [.. Strides.Select(s => Random(Level(s, Classes)))];
        args = new DetectionLossArgs
        {
            Box = box,
            Cls = cls,
            Strides = Strides,
            Targets = Filled(Objects(), new Shape(Batch * ObjectsPerImage, 6)),
            Items = Random(new Shape(3)),
            Loss = Random(new Shape(1)),
            Saved = Random(new Shape(Batch, Strides.Sum(s => 320 / s * (320 / s)), 7)),
            Options = new DetectionLossOptions { RegMax = RegMax },
        };
        boxGrad = [.. box.Select(t => Random(t.Shape))];
        clsGrad = [.. cls.Select(t => Random(t.Shape))];
        dloss = Filled([1], new Shape(1));
        Forward(); // Backward reads what the assigner saved.
    }

    [Benchmark]
    public void Forward() => Backend.DetectionLossForward(args);

    [Benchmark]
    public void Backward() => Backend.DetectionLossBackward(args, dloss, boxGrad, clsGrad, accumulate: false);

    private static Shape Level(int stride, int channels) => new(Batch, 320 / stride, 320 / stride, channels);

    /// <summary>Image, class and box of every object; sides of a tenth to a half of the image.</summary>
    private float[] Objects()
    {
        var random = new Random(1);
        float Between(float low, float high) => low + (high - low) * random.NextSingle();
        return [.. Enumerable.Range(0, Batch * ObjectsPerImage).SelectMany(i =>
        {
            float w = Between(0.1f, 0.5f), h = Between(0.1f, 0.5f);
            return new[] { i / ObjectsPerImage, random.Next(Classes), Between(w / 2, 1 - w / 2), Between(h / 2, 1 - h / 2), w, h };
        })];
    }
}
