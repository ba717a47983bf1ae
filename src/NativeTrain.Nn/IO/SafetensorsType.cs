using NativeTrain.Core;

namespace NativeTrain.Nn;

/// <summary>Element types of a safetensors file that this program reads and writes, named as in the file.</summary>
public enum SafetensorsType
{
    F16,
    BF16,
    F32,
    F64,
    I64,
    I32,
    U8,
    /// <summary>One byte an element, 0 or 1.</summary>
    BOOL,
}

public static class SafetensorsTypes
{
    /// <summary>Bytes of one element.</summary>
    public static int Bytes(this SafetensorsType type) => type switch
    {
        SafetensorsType.U8 or SafetensorsType.BOOL => 1,
        SafetensorsType.F16 or SafetensorsType.BF16 => 2,
        SafetensorsType.F32 or SafetensorsType.I32 => 4,
        SafetensorsType.F64 or SafetensorsType.I64 => 8,
        _ => throw new ArgumentOutOfRangeException(nameof(type), type, "unknown element type"),
    };

    /// <summary>The name in a file's header, e.g. "BF16"; null where <paramref name="name"/> is none we know.</summary>
    public static SafetensorsType? Parse(string? name) => name switch
    {
        "F16" => SafetensorsType.F16,
        "BF16" => SafetensorsType.BF16,
        "F32" => SafetensorsType.F32,
        "F64" => SafetensorsType.F64,
        "I64" => SafetensorsType.I64,
        "I32" => SafetensorsType.I32,
        "U8" => SafetensorsType.U8,
        "BOOL" => SafetensorsType.BOOL,
        _ => null,
    };

    /// <summary>The file's element type for a tensor's.</summary>
    public static SafetensorsType ToSafetensors(this DType type) => type switch
    {
        DType.F32 => SafetensorsType.F32,
        DType.F16 => SafetensorsType.F16,
        DType.BF16 => SafetensorsType.BF16,
        DType.F64 => SafetensorsType.F64,
        DType.U8 => SafetensorsType.U8,
        DType.I32 => SafetensorsType.I32,
        DType.I64 => SafetensorsType.I64,
        _ => throw new ArgumentOutOfRangeException(nameof(type), type, "unknown element type"),
    };
}
