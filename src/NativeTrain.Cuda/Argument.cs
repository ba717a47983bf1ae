using NativeTrain.Core;

namespace NativeTrain.Cuda;

/// <summary>
/// One argument of a kernel, in the low bytes of eight: a kernel's parameter takes as many as its type has, so the
/// types must match (int ↔ int, long ↔ long long, a tensor ↔ a pointer, bool ↔ int).
/// </summary>
public readonly struct Argument
{
    private readonly long bits; // first: the driver gets the address of the whole

    private Argument(long bits, int bytes = sizeof(long)) => (this.bits, Bytes) = (bits, bytes);

    /// <summary>Of its type: 4 or 8.</summary>
    internal int Bytes { get; }

    /// <summary>A tensor's first element, or null.</summary>
    public static implicit operator Argument(Tensor? t) => new(t?.Pointer ?? 0);
    public static implicit operator Argument(nint pointer) => new(pointer);
    public static implicit operator Argument(int value) => new(value, sizeof(int));
    public static implicit operator Argument(uint value) => new(value, sizeof(uint));
    public static implicit operator Argument(long value) => new(value);
    public static implicit operator Argument(ulong value) => new((long)value);
    public static implicit operator Argument(bool value) => new(value ? 1 : 0, sizeof(int));
    public static implicit operator Argument(float value) => new(BitConverter.SingleToInt32Bits(value), sizeof(float));
    public static implicit operator Argument(double value) => new(BitConverter.DoubleToInt64Bits(value));
}
