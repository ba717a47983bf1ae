namespace NativeTrain.Core;

/// <summary>What one kernel launch computes and moves.</summary>
/// <param name="Flops">Floating-point operations (a multiply-add counts two); 0 where memory alone matters.</param>
/// <param name="Bytes">Bytes read and written once each.</param>
/// <param name="Implementation">Which of several kernels was chosen, where there are several.</param>
/// <param name="Computed">What that kernel computes of it, null: the FLOPs, of floats.</param>
public readonly record struct OpCost(long Flops, long Bytes, string Implementation = "", Arithmetic? Computed = null)
{
    /// <summary>Of one pass of a convolution, 0 forward, 1 backward data, 2 backward weight, over maps of a type that move so many bytes.</summary>
    public static OpCost OfConvolution(IBackend backend, in Conv2dShape shape, int pass, DType type, long bytes)
    {
        ArgumentNullException.ThrowIfNull(backend);
        return new OpCost(shape.Flops, bytes, backend.Conv2dImplementation(shape, pass, type), backend.Conv2dArithmetic(shape, pass, type));
    }
}

/// <summary>What an implementation computes: fewer operations than the formula has where its algorithm saves some (Winograd's), and perhaps not in the maps' type.</summary>
/// <param name="Flops">Floating-point operations of its products, a multiply-add counting two; what it does besides (transforms, conversions) is not counted.</param>
/// <param name="Type">Of their factors.</param>
public readonly record struct Arithmetic(long Flops, DType Type);

/// <summary>One kernel launch of a tape.</summary>
/// <param name="Layer">The layer it belongs to, in either direction: "model.10"; empty outside of layers.</param>
/// <param name="Op">The op's name.</param>
/// <param name="Pass">"forward", "backward", or a part of it ("backward_data").</param>
/// <param name="Cost">What it computes and moves.</param>
public readonly record struct KernelLaunch(string Layer, string Op, string Pass, OpCost Cost);

/// <summary>Sees the kernels that a tape runs, and its nodes: for timing, tracing, counting and looking inside.</summary>
public interface ITapeObserver
{
    /// <summary>Must run <paramref name="kernel"/> once.</summary>
    void Run(KernelLaunch launch, Action kernel);

    /// <summary>An op was recorded: its outputs are computed.</summary>
    void Recorded(TapeNode node) { }

    /// <summary>The walk back has come to an op: the gradients of its outputs are whole.</summary>
    void WalkingBack(TapeNode node) { }

    /// <summary>The walk back has passed an op: its inputs have got their part of the gradient, and what it made is freed.</summary>
    void Passed(TapeNode node) { }
}
