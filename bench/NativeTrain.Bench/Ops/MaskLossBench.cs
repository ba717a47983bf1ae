using System.Runtime.InteropServices;
using BenchmarkDotNet.Attributes;
using NativeTrain.Core;

namespace NativeTrain.Bench.Ops;

/// <summary>The masks of eight objects an image with ten cells each, boxes of a tenth to a half of the image.</summary>
public class MaskLossBench : OpBench
{
    private const int ObjectsPerImage = 8, CellsPerObject = 10, Prototypes = 32, Size = 320, Map = Size / 4, Columns = 7;
    private static readonly int[] Strides = [8, 16, 32];
    private MaskLossArgs args;
    private Tensor dloss, prototypeGrad;
    private Tensor[] coefficientGrad;

    [GlobalSetup]
    public void Setup()
    {
        Tensor[] coefficients = [.. Strides.Select(s => Random(new Shape(Batch, Size / s, Size / s, Prototypes)))];
        var masks = Make(new Shape(Batch, Map, Map), DType.I32);
        var random = new Random(1);
        int[] marks = [.. Enumerable.Range(0, Batch * Map * Map).Select(_ => random.Next(ObjectsPerImage + 1))];
        Backend.Upload(MemoryMarshal.AsBytes(marks.AsSpan()), masks);
        args = new MaskLossArgs
        {
            Coefficients = coefficients,
            Prototypes = Random(new Shape(Batch, Map, Map, Prototypes)),
            Strides = Strides,
            Assigned = Assigned(random),
            Masks = masks,
            Item = Random(new Shape(1)),
            Loss = Random(new Shape(1)),
            Gain = 7.5f,
        };
        coefficientGrad = [.. coefficients.Select(t => Random(t.Shape))];
        prototypeGrad = Random(args.Prototypes.Shape);
        dloss = Filled([1], new Shape(1));
    }

    [Benchmark]
    public void Forward() => Backend.MaskLossForward(args);

    [Benchmark]
    public void Backward() => Backend.MaskLossBackward(args, dloss, coefficientGrad, prototypeGrad);

    /// <summary>Rows of box, score, class and object for all cells, −1 where there is none.</summary>
    private Tensor Assigned(Random random)
    {
        int cells = Strides.Sum(s => Size / s * (Size / s));
        float[] rows = new float[Batch * cells * Columns];
        for (int i = 0; i < Batch * cells; i++) rows.AsSpan(i * Columns + 5, 2).Fill(-1);
        float Between(float low, float high) => low + (high - low) * random.NextSingle();
        for (int i = 0; i < Batch * ObjectsPerImage; i++)
        {
            float w = Size * Between(0.1f, 0.5f), h = Size * Between(0.1f, 0.5f), x = Between(0, Size - w), y = Between(0, Size - h);
            int cell = i / ObjectsPerImage * cells + i % ObjectsPerImage * CellsPerObject;
            for (int c = 0; c < CellsPerObject; c++)
                ((ReadOnlySpan<float>)[x, y, x + w, y + h, 1, 0, i % ObjectsPerImage]).CopyTo(rows.AsSpan((cell + c) * Columns));
        }
        return Filled(rows, new Shape(Batch, cells, Columns));
    }
}
