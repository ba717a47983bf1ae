using NativeTrain.Core;

namespace NativeTrain.Gradients;

/// <summary>How a gradient is checked; the defaults fit nearly every op.</summary>
public sealed record GradCheckOptions
{
    /// <summary>Element type of the inputs that are no parameters: F32, F16 or BF16.</summary>
    public DType Type { get; init; } = DType.F32;

    /// <summary>The most elements of an input that are compared one by one; of a larger input, so many at random, and one direction through all.</summary>
    public int Elements { get; init; } = 200;

    /// <summary>Inputs, weights and directions follow from it.</summary>
    public int Seed { get; init; }

    /// <summary>The largest error, as a part of the gradient's largest magnitude; null: what suits the case and the type.</summary>
    public double? Tolerance { get; init; }

    /// <summary>The first ±h; null: what suits the case. It is halved where the differences do not agree.</summary>
    public double? Step { get; init; }
}
