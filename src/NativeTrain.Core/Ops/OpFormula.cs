namespace NativeTrain.Core.Ops;

/// <summary>Why an op keeps a tensor until the walk back.</summary>
/// <param name="Name">The tensor's name in the formula; a head's levels (box0, box1) share one.</param>
/// <param name="Why">What the backward pass reads it for.</param>
public sealed record SavedReason(string Name, string Why);

/// <summary>
/// What an op computes and how its gradient flows, in the signs of its docstring, for those who read a step rather than the
/// code (<c>nativetrain inspect</c>). Each op has its formula beside its Forward and Backward.
/// </summary>
/// <param name="Op">The op's name on the tape.</param>
/// <param name="Forward">The value.</param>
/// <param name="Backward">The gradient of each input; dy is the output's.</param>
public sealed record OpFormula(string Op, string Forward, IReadOnlyList<string> Backward)
{
    /// <summary>What the walk back reads again, and why; empty where the gradient of the output is enough.</summary>
    public IReadOnlyList<SavedReason> Saves { get; init; } = [];

    /// <summary>Who described it, where it is not elementary.</summary>
    public string Source { get; init; } = "";

    /// <summary>Every op that records a node.</summary>
    public static IReadOnlyList<OpFormula> All { get; } =
    [
        Add.Formula, Attention.Formula, BatchNormAct.Formula, Cast.Formula, Concat.Formula, Contiguous.Formula, Conv2d.Formula, ConvTranspose2d.Formula,
        CrossEntropy.Formula, DetectionLoss.Formula, Dropout.Formula, GlobalAvgPool.Formula, Linear.Formula, MaskLoss.Formula, MatMul.Formula,
        MaxPool.Formula, Silu.Formula, Softmax.Formula, Upsample2x.Formula,
    ];

    /// <summary>The formula of an op, or null.</summary>
    public static OpFormula? Of(string op) => All.FirstOrDefault(f => f.Op == op);

    /// <summary>Why a tensor of that name is kept, or null.</summary>
    public string? WhySaved(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        return Saves.FirstOrDefault(s => s.Name == name.TrimEnd('0', '1', '2', '3', '4', '5', '6', '7', '8', '9'))?.Why;
    }
}
