using System.Runtime.InteropServices;
using BenchmarkDotNet.Attributes;
using NativeTrain.Core;
using NativeTrain.Cpu;

namespace NativeTrain.Bench;

/// <summary>
/// What the benchmarks of the ops share: the backend, and tensors with the same random contents on every run that are
/// freed at the end. Shapes are those of YOLO11n at 320 pixels and <see cref="Batch"/> images.
/// </summary>
public abstract class OpBench
{
    protected const int Batch = 16;

    private readonly List<Tensor> made = [];
    private readonly Random random = new(0);

    protected IBackend Backend { get; } = new CpuBackend();

    /// <summary>FLOPs and bytes (each tensor once a time it is read or written) of one call of a benchmark; 0 where there is no plain count.</summary>
    /// <param name="pass">Name of the benchmark's method. The tensors need not be there: the shape says it all.</param>
    public virtual OpCost Cost(string pass) => default;

    [GlobalCleanup]
    public void Cleanup()
    {
        foreach (var t in made) t.Dispose();
        Backend.Dispose();
    }

    /// <summary>A dense F32 tensor of uniform numbers in [-1, 1); for destinations too, so that no kernel meets denormal or infinite leftovers.</summary>
    protected Tensor Random(Shape shape)
    {
        float[] values = new float[shape.Count];
        for (int i = 0; i < values.Length; i++) values[i] = random.NextSingle() * 2 - 1;
        return Filled(values, shape);
    }

    protected Tensor Filled(float[] values, Shape shape)
    {
        var t = Make(shape, DType.F32);
        Backend.Upload(MemoryMarshal.AsBytes(values.AsSpan()), t);
        return t;
    }

    /// <summary>A dense tensor with undefined contents.</summary>
    protected Tensor Make(Shape shape, DType type)
    {
        var t = Tensor.Create(Backend, shape, type);
        made.Add(t);
        return t;
    }

    /// <summary>Bytes of F32 tensors with this many elements in all.</summary>
    protected static long F32Bytes(long count) => count * DType.F32.Bytes();
}
