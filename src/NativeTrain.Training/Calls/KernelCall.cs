using System.Globalization;
using NativeTrain.Core;

namespace NativeTrain.Training;

/// <summary>What a tensor of a kernel call looks like.</summary>
/// <param name="Shape">Its shape.</param>
/// <param name="Type">Its element type.</param>
/// <param name="Ld">Elements between two pixels; more than C where it is a range of a wider map's channels.</param>
/// <param name="Begin">The first of those channels.</param>
public readonly record struct TensorForm(Shape Shape, DType Type, int Ld, int Begin)
{
    public static TensorForm Of(Tensor t)
    {
        ArgumentNullException.ThrowIfNull(t);
        return new TensorForm(t.Shape, t.Type, t.Ld, (int)(t.Offset % t.Ld));
    }

    /// <summary>Bytes of its own elements.</summary>
    public long Bytes => Shape.Count * Type.Bytes();

    public override string ToString() => Ld == Shape.C ? $"{Type}{Shape}" : string.Create(CultureInfo.InvariantCulture, $"{Type}{Shape}/{Ld}");
}

/// <summary>One kernel call of a training step, free of the tensors it was made with, so that it can be made again on any backend.</summary>
/// <param name="Op">The op's name as in Core/Ops, in small letters: "conv2d".</param>
/// <param name="Pass">"forward", "backward", "backward_data" …</param>
/// <param name="Operands">Its tensors, each once.</param>
/// <param name="Settings">Its other arguments, as text: two calls of the same op, pass, operands and settings are the same work.</param>
/// <param name="Flops">Floating-point operations of convolutions and matrix products, a multiply-add counting two; else 0.</param>
/// <param name="Bytes">Bytes read and written, each operand once.</param>
/// <param name="Run">Makes the call with tensors of these forms.</param>
public sealed record KernelCall(string Op, string Pass, IReadOnlyList<TensorForm> Operands, string Settings, long Flops, long Bytes, Action<IBackend, IReadOnlyList<Tensor>> Run)
{
    /// <summary>What a convolution computes; null for other ops.</summary>
    public Conv2dShape? Convolution { get; init; }

    /// <summary>The pass of a convolution as <see cref="IBackend.Conv2dImplementation"/> numbers it; null for other ops.</summary>
    public int? ConvolutionPass => Convolution is null ? null : Pass switch { "forward" => 0, "backward_data" => 1, _ => 2 };

    /// <summary>Which of several kernels a backend has for it; empty where it does not say.</summary>
    public string ImplementationOn(IBackend backend)
    {
        ArgumentNullException.ThrowIfNull(backend);
        return ConvolutionPass is { } pass ? backend.Conv2dImplementation(Convolution!.Value, pass, Type) : "";
    }

    /// <summary>What that kernel computes; other ops than convolutions multiply floats.</summary>
    public Arithmetic ArithmeticOn(IBackend backend)
    {
        ArgumentNullException.ThrowIfNull(backend);
        return ConvolutionPass is { } pass ? backend.Conv2dArithmetic(Convolution!.Value, pass, Type) : new Arithmetic(Flops, DType.F32);
    }

    /// <summary>Makes a call's operands hold what it needs where noise would not do (the targets of a loss).</summary>
    public Action<IBackend, IReadOnlyList<Tensor>>? Prepare { get; init; }

    /// <summary>Element type of its maps: the 16-bit one where it has any, else F32.</summary>
    public DType Type => Operands.Select(o => o.Type).FirstOrDefault(t => t is DType.F16 or DType.BF16, DType.F32);

    /// <summary>The same for every call that is the same work.</summary>
    public string Key => $"{Op} {Pass} {string.Join(' ', Operands)} {Settings}";

    /// <summary>The shapes as a person would name them: the convolution's; how many, where they are a whole model's; else that of the first operand.</summary>
    public string ShapeText => Convolution is { } s
        ? string.Create(CultureInfo.InvariantCulture, $"{s.N}x{s.H}x{s.W}x{s.IC} -> {s.OC}, {s.KH}x{s.KW}/{s.Stride}{(s.Groups > 1 ? $" groups {s.Groups}" : "")}")
        : Operands.Count > 32 ? string.Create(CultureInfo.InvariantCulture, $"{Operands.Count} tensors, {Operands.Sum(o => o.Shape.Count)} numbers")
        : Operands.Count == 0 ? "" : Operands[0].ToString().TrimStart('F', 'B', 'U', 'I', '0', '1', '2', '3', '4', '6', '8');
}
