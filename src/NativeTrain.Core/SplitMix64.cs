namespace NativeTrain.Core;

/// <summary>
/// The arithmetic of SplitMix64 (Steele, Lea and Flood 2014): a counter that advances by <see cref="Step"/> and whose
/// every value is mixed well. The same numbers on every platform.
/// </summary>
public static class SplitMix64
{
    /// <summary>2⁶⁴ divided by the golden ratio.</summary>
    public const ulong Step = 0x9E3779B97F4A7C15;

    /// <summary>64 bits that look random, from 64 that do not.</summary>
    public static ulong Mix(ulong z)
    {
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }
}
