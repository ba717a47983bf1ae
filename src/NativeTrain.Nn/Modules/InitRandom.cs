using System.Runtime.InteropServices;
using NativeTrain.Core;

namespace NativeTrain.Nn.Modules;

/// <summary>
/// The random numbers that weights start from: SplitMix64 (Steele, Lea and Flood 2014), so that a seed gives the
/// same weights on every platform.
/// </summary>
public struct InitRandom(ulong seed)
{
    private ulong state = seed;

    /// <summary>Uniform in [0, 1), 24 bits.</summary>
    public float NextSingle()
    {
        state += 0x9E3779B97F4A7C15;
        ulong z = state;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return ((z ^ (z >> 31)) >> 40) * (1f / (1 << 24));
    }

    /// <summary>Fills a tensor with U(−bound, bound).</summary>
    public void Uniform(IBackend backend, Tensor t, float bound)
    {
        ArgumentNullException.ThrowIfNull(backend);
        ArgumentNullException.ThrowIfNull(t);
        var values = new float[t.Count];
        for (int i = 0; i < values.Length; i++) values[i] = (2 * NextSingle() - 1) * bound;
        backend.Upload(MemoryMarshal.AsBytes(values.AsSpan()), t);
    }
}
