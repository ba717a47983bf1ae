using System.Runtime.InteropServices;
using NativeTrain.Core;

namespace NativeTrain.NcclRank;

/// <summary>Something was not as it should be.</summary>
internal sealed class WrongException(string message) : Exception(message);

/// <summary>Tensors of random numbers that every rank can work out for each.</summary>
internal static class Numbers
{
    /// <summary>What a rank has in its n-th tensor, in [−1, 1).</summary>
    public static float[] Of(int rank, int n, int count)
    {
        ulong seed = SplitMix64.Mix((ulong)(1000 * n + rank));
        return [.. Enumerable.Range(0, count).Select(i => (float)((long)SplitMix64.Mix(seed + (ulong)i * SplitMix64.Step) * Math.Pow(2, -63)))];
    }

    public static Tensor ToDevice(IBackend backend, float[] numbers, DType type = DType.F32)
    {
        var t = Tensor.Create(backend, new Shape(numbers.Length, 1), type);
        if (type == DType.F32)
        {
            backend.Upload(MemoryMarshal.AsBytes(numbers.AsSpan()), t);
            return t;
        }
        using var wide = ToDevice(backend, numbers);
        backend.Copy(wide, t, accumulate: false);
        return t;
    }

    public static float[] ToHost(IBackend backend, Tensor t)
    {
        float[] numbers = new float[t.Count];
        if (t.Type == DType.F32)
        {
            backend.Download(t, MemoryMarshal.AsBytes(numbers.AsSpan()));
            return numbers;
        }
        using var wide = Tensor.Create(backend, t.Shape);
        backend.Copy(t, wide, accumulate: false);
        return ToHost(backend, wide);
    }

    /// <exception cref="WrongException">They differ by more than the tolerance.</exception>
    public static void Require(string what, float[] expected, float[] actual, double tolerance = 0)
    {
        if (expected.Length != actual.Length) throw new WrongException($"{what}: {actual.Length} numbers instead of {expected.Length}");
        for (int i = 0; i < expected.Length; i++)
            if (!(Math.Abs(expected[i] - actual[i]) <= tolerance)) throw new WrongException($"{what}: number {i} is {actual[i]} instead of {expected[i]}");
    }
}
