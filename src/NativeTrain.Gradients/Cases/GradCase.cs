using NativeTrain.Core;

namespace NativeTrain.Gradients;

/// <summary>What a case is a case of.</summary>
public enum CaseKind
{
    /// <summary>A class of Core/Ops.</summary>
    Op,
    /// <summary>A module of several ops with parameters of its own: Conv, C3k2, a head.</summary>
    Block,
    /// <summary>A loss: its output is one number.</summary>
    Loss,
    /// <summary>A whole network and its loss.</summary>
    Model,
}

/// <summary>
/// One thing to differentiate at one set of shapes. <paramref name="Forward"/> applies it to the inputs of a
/// <see cref="Feed"/> and returns its outputs.
/// </summary>
/// <param name="Kind">What it is a case of.</param>
/// <param name="Subject">The op's, block's, loss's or model's name: "Silu", "C3k2", "yolo11n".</param>
/// <param name="Name">What is special about this case.</param>
/// <param name="Inputs">What it is differentiated by.</param>
/// <param name="Forward">Inputs to outputs, recorded on the feed's tape.</param>
public record GradCase(CaseKind Kind, string Subject, string Name, IReadOnlyList<In> Inputs, Func<Feed, IReadOnlyList<Tensor>> Forward)
{
    /// <summary>The first ±h of the central differences; a linear op takes a large one, where rounding matters less.</summary>
    public double Step { get; init; } = Tolerances.Step;

    /// <summary>Largest error in F32, as a part of the gradient's largest magnitude.</summary>
    public double Tolerance { get; init; } = Tolerances.Op;

    /// <summary>The most elements of an input that are compared one by one.</summary>
    public int Elements { get; init; } = int.MaxValue;

    /// <summary>Not applied twice to the same inputs: the op insists on being their only user (batch norm), or a second pass would tell nothing new.</summary>
    public bool OneUser { get; init; }

    /// <summary>Whether its maps may be of 16 bits; otherwise all its inputs are F32 only.</summary>
    public bool AnyMap { get; init; }

    /// <summary>
    /// The same function in double, inputs to outputs: differences of it have no rounding to speak of. Where the op holds something constant that
    /// depends on its inputs (the detection loss its assignment), differences of the op itself would be wrong, and this holds the same constant,
    /// as it is for the inputs of the feed that it is asked for with.
    /// </summary>
    public Func<Feed, Func<double[][], double[][]>>? Reference { get; init; }

    /// <summary>The loss [1] of the outputs, recorded on the feed's tape; null: their sum with random weights.</summary>
    public Func<Feed, IReadOnlyList<Tensor>, Tensor>? Loss { get; init; }

    /// <summary>With <see cref="Loss"/>: the same number in double, of any outputs, with what the loss holds constant as it is for these ones.</summary>
    public Func<Feed, IReadOnlyList<Tensor>, Func<double[][], double>>? LossInDouble { get; init; }

    /// <summary>Makes what holds the parameters (a module, a model), of which the learned inputs are taken in order; null: they stand by themselves.</summary>
    public Func<IBackend, Built>? Build { get; init; }

    /// <summary>Checked along random directions, group by group, not element by element: it has too many.</summary>
    public bool ByDirection { get; init; }

    public sealed override string ToString() => $"{Subject}: {Name}";
}

/// <summary>A module or a model, and its parameters in a fixed order.</summary>
public sealed record Built(IDisposable Owner, IReadOnlyList<Parameter> Parameters);
