namespace NativeTrain.Core;

/// <summary>Element type of a tensor. Parameters are <see cref="F32"/>, feature maps that or one of the 16-bit types.</summary>
public enum DType
{
    F32 = 0,
    F16 = 1,
    BF16 = 2,
    F64 = 3,
    U8 = 4,
    I32 = 5,
    I64 = 6,
}

public static class DTypes
{
    /// <summary>Bytes of one element.</summary>
    public static int Bytes(this DType type) => type switch
    {
        DType.U8 => 1,
        DType.F16 or DType.BF16 => 2,
        DType.F32 or DType.I32 => 4,
        DType.F64 or DType.I64 => 8,
        _ => throw new ArgumentOutOfRangeException(nameof(type), type, "unknown element type"),
    };

    /// <summary>As options and tables name it: "fp32", "fp16", "bf16".</summary>
    public static string Word(this DType type) => type switch { DType.F32 => "fp32", DType.BF16 => "bf16", DType.F16 => "fp16", _ => type.ToString() };
}
