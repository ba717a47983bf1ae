namespace NativeTrain.Core.Ops;

/// <summary>What every op asks of its inputs.</summary>
internal static class Require
{
    /// <summary>The kernels read float32: another element type would be read as what it is not.</summary>
    /// <param name="op">The op's name, for the message.</param>
    /// <param name="tensor">An input; null where an optional one is missing.</param>
    /// <exception cref="ArgumentException">The tensor is of another type.</exception>
    public static void RequireF32(string op, Tensor? tensor)
    {
        if (tensor is not null && tensor.Type != DType.F32) throw new ArgumentException($"{op} wants F32, not {tensor}");
    }
}
