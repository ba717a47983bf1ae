using System.Numerics;

namespace NativeTrain.Cuda;

/// <summary>Whole numbers, at least 0, rounded up: how launches and memory are shared out.</summary>
internal static class WholeNumbers
{
    /// <summary>The parts of a size that a count takes.</summary>
    public static T CeilDivide<T>(T count, T size) where T : IBinaryInteger<T> => (count + size - T.One) / size;

    /// <summary>The next multiple.</summary>
    public static T RoundUp<T>(T count, T multiple) where T : IBinaryInteger<T> => CeilDivide(count, multiple) * multiple;
}
