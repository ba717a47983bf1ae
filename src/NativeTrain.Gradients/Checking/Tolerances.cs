using NativeTrain.Core;

namespace NativeTrain.Gradients;

/// <summary>Steps and tolerances, and why they are what they are.</summary>
/// <remarks>
/// A central difference errs by h²f‴/6 for the curve and by about εf/h for the rounding, ε half a unit in the last place of f; together that is least at
/// h ~ ε^(1/3). Two of them at h and h/2 combine (Richardson) to one that errs by h⁴ only, and whose best step is h ~ ε^(1/5).
/// F32 has ε = 2⁻²⁴, so h = 2⁻⁵; double has 2⁻⁵³, so h = 2⁻¹⁰. Source: Press et al., "Numerical Recipes", 5.7.
/// </remarks>
internal static class Tolerances
{
    /// <summary>First step for kernels in F32: ε^(1/5) of inputs of the order 1.</summary>
    public const double Step = 1.0 / 32;

    /// <summary>The same for functions in double.</summary>
    public const double StepInDouble = 1.0 / 1024;

    /// <summary>How often a step is halved where the differences do not yet agree: down to 2⁻¹¹ in F32.</summary>
    public const int Halvings = 6;

    /// <summary>Steps over which even a whole model is all but straight.</summary>
    public static IReadOnlyList<double> StraightSteps { get; } = [1e-5, 2e-5];

    /// <summary>The same of a model: the loss turns within 2⁻⁷ where all parameters of an early layer move, and is straight beyond 2⁻⁵ where those of a late one do.</summary>
    public const int ModelHalvings = 9;

    /// <summary>Differences of an op in F32: rounding leaves about 1e-4 of the largest element at h = 2⁻⁵, twenty times less than a real mistake.</summary>
    public const double Op = 2e-3;

    /// <summary>A function that is linear in each input has no curve: the step may be large, and rounding is all there is.</summary>
    public const double Linear = 1e-4, LinearStep = 0.25;

    /// <summary>A block's maps pass several batch norms, each of which sums many roundings.</summary>
    public const double Block = 5e-3;

    /// <summary>
    /// A loss at the end of a hundred layers. Behind SPPF its directions agree to 1e-5. Of the thousands of windows of SPPF's max pools some have two cells so
    /// nearly equal that the winner changes within any step that rounding allows: before it, up to 7e-3 was seen, and twice that is allowed.
    /// </summary>
    public const double Model = 1.5e-2;

    /// <summary>Gradients below this count as this large: outputs are contracted with weights of the order 1.</summary>
    public const double SmallestScale = 0.05;

    /// <summary>
    /// Some gradients vanish by construction: a shift that a later batch norm centres again. What either side holds there is rounding, so an input's
    /// gradients, and a direction's, are measured against at least this part of the largest of all inputs, and of the length of all together.
    /// </summary>
    public const double VanishingPart = 1e-3;

    /// <inheritdoc cref="VanishingPart"/>
    public static double VanishingElement(DType type) => type == DType.F32 ? 1e-2 : 0.1;

    /// <summary>In 16 bits a gradient that several users add to is rounded at each of them, at two uses twice as often.</summary>
    public const int RoundingsOfASum = 16;

    /// <summary>Two uses of an input against twice one use: the same numbers in another order.</summary>
    public const double TwoUses = 1e-5;

    /// <summary>Half a unit in the last place, as a part of a number.</summary>
    public static double Epsilon(DType type) => type switch
    {
        DType.F16 => 1.0 / (1 << 12),
        DType.BF16 => 1.0 / (1 << 9),
        _ => 1.0 / (1 << 24),
    };

    /// <summary>What a check in this type allows: in 16 bits every map between is rounded, by 2⁻¹² or 2⁻⁹ of it, and the roundings add up.</summary>
    public static double Of(GradCase c, DType type)
    {
        if (type == DType.F32 || !c.AnyMap) return c.Tolerance;
        double roundings = c.Kind switch { CaseKind.Op => 10, CaseKind.Block => 20, _ => 60 };
        return c.Tolerance + roundings * Epsilon(type);
    }
}
