using NativeTrain.Cli.CommandLine;
using NativeTrain.Core;
using NativeTrain.Training;

namespace NativeTrain.Cli;

/// <summary>The options of where and in what numbers to compute, of the verbs that have tables of options of their own.</summary>
internal static class ComputeOptions
{
    /// <summary>device=, conv= and threads=.</summary>
    public static IReadOnlyList<OptionSpec> Place { get; } =
    [
        new("device", OptionType.Text, null, OptionTable.DeviceMeaning, Verb.None),
        new("conv", OptionType.Text, "auto", OptionTable.ConvMeaning, Verb.None) { Choices = OptionTable.ConvChoices },
        new("threads", OptionType.Integer, "0", "threads that compute on the CPU; 0: one a core", Verb.None) { Min = 0, Max = 1024 },
    ];

    /// <summary>amp=, of the choices that training has.</summary>
    public static OptionSpec Amp(string meaning = "element type of feature maps: false (fp32), bf16, fp16, or true: the one that training takes") =>
        new("amp", OptionType.SwitchOrText, "false", meaning, Verb.None) { Choices = ["false", "true", "bf16", "fp16"] };

    /// <summary>The backend that <see cref="Place"/> asks for.</summary>
    public static IBackend Open(OptionValues options) => Backends.Open(options.Text("device"), options.Integer("threads"), options.Text("conv"));

    /// <summary>The element type of feature maps that a word names: fp32, bf16 or fp16.</summary>
    /// <exception cref="InputException">Another word.</exception>
    public static DType TypeOf(string word) => word switch
    {
        "fp32" => DType.F32,
        "bf16" => DType.BF16,
        "fp16" => DType.F16,
        _ => throw new InputException($"dtype={word}: must be fp32, bf16 or fp16, or several separated by commas"),
    };
}
