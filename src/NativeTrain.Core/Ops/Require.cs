namespace NativeTrain.Core.Ops;

/// <summary>What every op asks of its inputs.</summary>
internal static class Require
{
    /// <summary>A feature map is float32 or of one of the 16-bit types, and all maps of an op are of one type.</summary>
    /// <param name="op">The op's name, for the message.</param>
    /// <param name="map">An input; null where an optional one is missing.</param>
    /// <param name="like">A map that it must have the type of; null: none.</param>
    /// <exception cref="ArgumentException">The tensor is of another type.</exception>
    public static void RequireMap(string op, Tensor? map, Tensor? like = null)
    {
        if (map is null) return;
        if (map.Type is not (DType.F32 or DType.F16 or DType.BF16)) throw new ArgumentException($"{op} wants F16, BF16 or F32, not {map}");
        if (like is not null && map.Type != like.Type) throw new ArgumentException($"{op} wants maps of one type, not {like} and {map}");
    }

    /// <summary>The kernels read float32: another element type would be read as what it is not.</summary>
    /// <param name="op">The op's name, for the message.</param>
    /// <param name="tensor">An input; null where an optional one is missing.</param>
    /// <exception cref="ArgumentException">The tensor is of another type.</exception>
    public static void RequireF32(string op, Tensor? tensor)
    {
        if (tensor is not null && tensor.Type != DType.F32) throw new ArgumentException($"{op} wants F32, not {tensor}");
    }
}
