using NativeTrain.Core;

namespace NativeTrain.Vision.Data;

/// <summary>
/// Random numbers that depend on nothing but the key they were made from, so that a sample is the same whichever
/// thread makes it and whenever. See <see cref="SplitMix64"/>.
/// </summary>
public struct SampleRandom
{
    private ulong state;

    /// <param name="seed">The run's seed.</param>
    /// <param name="epoch">The epoch.</param>
    /// <param name="index">The sample, or −1 for what concerns the whole epoch.</param>
    public SampleRandom(int seed, int epoch, int index) =>
        state = SplitMix64.Mix(SplitMix64.Mix(SplitMix64.Mix((ulong)(uint)seed + SplitMix64.Step) + (uint)epoch + SplitMix64.Step) + (uint)index + SplitMix64.Step);

    public ulong NextBits() => SplitMix64.Mix(state += SplitMix64.Step);

    /// <summary>Uniform in [0, 1).</summary>
    public double Next() => (NextBits() >> 11) * (1.0 / (1UL << 53));

    /// <summary>Uniform in [low, high).</summary>
    public double Next(double low, double high) => low + (high - low) * Next();

    /// <summary>Uniform whole number in [0, count).</summary>
    public int Below(int count) => (int)Math.BigMul(NextBits(), (ulong)count, out _);

    /// <summary>True with this probability.</summary>
    public bool Chance(double probability) => Next() < probability;

    /// <summary>0 … count−1 in random order (Fisher and Yates).</summary>
    public int[] Permutation(int count)
    {
        var order = new int[count];
        for (int i = 0; i < count; i++)
        {
            int j = Below(i + 1);
            order[i] = order[j];
            order[j] = i;
        }
        return order;
    }
}
