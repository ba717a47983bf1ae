using System.Runtime.InteropServices;
using NativeTrain.Core;

namespace NativeTrain.Nn.Modules;

/// <summary>
/// The random numbers that weights start from, by <see cref="SplitMix64"/>, so that a seed gives the same weights on
/// every platform.
/// </summary>
public struct InitRandom(ulong seed)
{
    private ulong state = seed;

    /// <summary>Uniform in [0, 1), 24 bits.</summary>
    public float NextSingle()
    {
        state += SplitMix64.Step;
        return (SplitMix64.Mix(state) >> 40) * (1f / (1 << 24));
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
