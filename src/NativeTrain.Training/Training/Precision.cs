using NativeTrain.Core;
using NativeTrain.Nn;

namespace NativeTrain.Training;

/// <summary>What amp= comes to on a backend.</summary>
/// <param name="Type">The element type of feature maps while training: F32, BF16 or F16.</param>
/// <param name="Notice">One line for the user, where there is something to say.</param>
public sealed record Precision(DType Type, string? Notice)
{
    public static Precision Of(TrainOptions options, IBackend backend)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(backend);
        var type = TypeOf(options.Amp, backend);
        return options.Amp == "true" ? Preferred(type) : new Precision(type, Converted(options, backend, type));
    }

    /// <summary>The element type that a value of amp= comes to: false, true, bf16 or fp16.</summary>
    public static DType TypeOf(string amp, IBackend backend)
    {
        ArgumentNullException.ThrowIfNull(backend);
        return amp switch { "false" => DType.F32, "bf16" => DType.BF16, "fp16" => DType.F16, _ => backend.MixedPrecision };
    }

    private static Precision Preferred(DType type) => new(type, type switch
    {
        DType.F16 => "amp=true: feature maps are fp16, the loss is scaled",
        DType.BF16 => "amp=true: feature maps are bf16",
        _ => "amp=true: this processor has neither AVX512_BF16 nor AMX, so training computes in fp32",
    });

    /// <summary>The controller that half precision needs; null for the other types, whose exponents reach as far as fp32's.</summary>
    public LossScaler? CreateScaler() => Type == DType.F16 ? new LossScaler() : null;

    private static string? Converted(TrainOptions options, IBackend backend, DType type) =>
        backend.Computes(type) ? null : $"amp={options.Amp}: this processor does not compute in {options.Amp}; every number is converted on the way, which saves memory but not time";
}
