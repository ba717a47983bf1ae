using System.Runtime.InteropServices;
using Xunit;

namespace NativeTrain.Core.Tests.Ops;

/// <summary>
/// What the tests of the backend's ops share: tensors from host arrays (dense, or as a range of channels of a
/// wider tensor) and comparison with a plain double-precision computation. The backend is the other part's: the CPU's
/// here, the GPU's or the emulator's in NativeTrain.Cuda.Tests, which runs the same tests.
/// </summary>
public abstract partial class OpTest : IDisposable
{
    /// <summary>Channels of the wider tensor before and after a slice; an op must leave them alone.</summary>
    private const int Before = 3, After = 2;
    private const float Margin = 777f;

    private readonly List<Tensor> made = [];

    /// <summary>n, h, w, c: one pixel, one channel, odd extents, channels that fill vectors and channels that do not, several tasks.</summary>
    public static TheoryData<int, int, int, int> Maps => new()
    {
        { 1, 1, 1, 1 },
        { 2, 3, 5, 3 },
        { 1, 7, 1, 17 },
        { 2, 9, 11, 64 },
        { 1, 2, 3, 260 },
        { 3, 40, 40, 16 },
    };

    public void Dispose()
    {
        foreach (var t in made) t.Dispose();
        DisposeBackend();
        GC.SuppressFinalize(this);
    }

    /// <summary>A tensor of these values; with <paramref name="slice"/>, a range of channels of a wider one.</summary>
    protected Tensor New(float[] values, Shape shape, bool slice = false)
    {
        Assert.Equal(shape.Count, values.Length);
        if (!slice) return Upload(values, shape);
        int c = shape.C, wide = Before + c + After;
        float[] all = new float[shape.Rows * wide];
        Array.Fill(all, Margin);
        for (int r = 0; r < shape.Rows; r++) Array.Copy(values, r * c, all, r * wide + Before, c);
        return Upload(all, shape.WithC(wide)).Slice(Before, c);
    }

    /// <summary>A destination. It holds NaN, so that an op that reads what it should overwrite is found out.</summary>
    protected Tensor Blank(Shape shape, bool slice = false)
    {
        float[] values = new float[shape.Count];
        Array.Fill(values, float.NaN);
        return New(values, shape, slice);
    }

    protected Tensor Bytes(byte[] values, Shape shape)
    {
        var t = Tensor.Create(Backend, shape, DType.U8);
        made.Add(t);
        Backend.Upload(values, t);
        return t;
    }

    /// <summary>The tensor's values in order; of a slice, after checking that the channels beside it are as they were.</summary>
    protected float[] Values(Tensor t)
    {
        var source = t.Whole ?? t;
        float[] all = new float[source.Count];
        Backend.Download(source, MemoryMarshal.AsBytes(all.AsSpan()));
        if (t.Whole is null) return all;
        float[] values = new float[t.Count];
        for (int r = 0; r < t.Rows; r++)
        {
            for (int k = 0; k < t.Ld; k++)
            {
                float v = all[r * t.Ld + k];
                if (k >= Before && k < Before + t.C) values[r * t.C + k - Before] = v;
                else Assert.Equal(Margin, v);
            }
        }
        return values;
    }

    /// <summary>Uniform numbers in (-range, range), shifted by <paramref name="offset"/>.</summary>
    protected static float[] Random(long count, int seed, float range = 2f, float offset = 0f)
    {
        var random = new Random(seed);
        float[] values = new float[count];
        for (int i = 0; i < values.Length; i++) values[i] = (random.NextSingle() * 2 - 1) * range + offset;
        return values;
    }

    /// <summary>Every value within <paramref name="tolerance"/> of the expected one, relative to the larger of it and 1.</summary>
    protected static void AssertClose(IReadOnlyList<double> expected, float[] actual, double tolerance = 2e-6)
    {
        Assert.Equal(expected.Count, actual.Length);
        for (int i = 0; i < actual.Length; i++)
            if (!(Math.Abs(actual[i] - expected[i]) <= tolerance * Math.Max(1, Math.Abs(expected[i]))))
                Assert.Fail($"element {i} of {actual.Length}: {actual[i]:R} instead of {expected[i]:R}");
    }

    /// <summary>A tensor that is to be freed at the test's end.</summary>
    protected Tensor Made(Tensor t)
    {
        made.Add(t);
        return t;
    }

    private Tensor Upload(float[] values, Shape shape)
    {
        var t = Made(Tensor.Create(Backend, shape));
        Backend.Upload(MemoryMarshal.AsBytes(values.AsSpan()), t);
        return t;
    }
}
