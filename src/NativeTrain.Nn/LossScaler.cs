using NativeTrain.Core;

namespace NativeTrain.Nn;

/// <summary>
/// Keeps the gradients of a half-precision network within the type's range. Half has no numbers below 6e-8 and none
/// above 65504, where gradients like to be small: the walk back starts from <see cref="Scale"/> instead of 1, and
/// the optimizer divides by it. Where a gradient came out infinite or no number, the step is left out and the scale
/// halved; after <see cref="GrowthInterval"/> good steps in a row it is doubled.
/// Source: Micikevicius et al., "Mixed Precision Training", ICLR 2018.
/// </summary>
/// <param name="initial">The first scale, a power of two: multiplying by it then rounds nothing.</param>
public sealed class LossScaler(double initial = LossScaler.Initial)
{
    public const double Initial = 65536;

    /// <summary>Good steps that double the scale.</summary>
    public const int GrowthInterval = 2000;

    /// <summary>The least scale. Gradients that overflow even so are too large for the type as they are.</summary>
    public const double Floor = 1;

    /// <summary>The greatest scale: products with it are still float32 numbers.</summary>
    public const double Ceiling = 1L << 60;

    /// <summary>What the loss is multiplied by.</summary>
    public double Scale { get; private set; } = initial is >= Floor and <= Ceiling ? initial : throw new ArgumentOutOfRangeException(nameof(initial), initial, $"a scale is {Floor} to {Ceiling}");

    /// <summary>Good steps since the scale last changed.</summary>
    public int GoodSteps { get; private set; }

    /// <summary>Steps left out so far.</summary>
    public long Skipped { get; private set; }

    /// <summary>All that a step changes.</summary>
    public (double Scale, int GoodSteps, long Skipped) Counts
    {
        get => (Scale, GoodSteps, Skipped);
        set => (Scale, GoodSteps, Skipped) = value;
    }

    /// <summary>Takes note of a step's gradients; false: leave the step out.</summary>
    /// <param name="norm">Norm of all gradients, scaled or not: infinite or NaN where any of them is.</param>
    /// <exception cref="InputException">They overflow at a scale that cannot be lowered.</exception>
    public bool Update(double norm)
    {
        if (double.IsFinite(norm))
        {
            if (++GoodSteps < GrowthInterval) return true;
            Scale = Math.Min(2 * Scale, Ceiling);
            GoodSteps = 0;
            return true;
        }
        if (Scale / 2 < Floor)
            throw new InputException($"training diverged: gradients overflow half precision at a loss scale of {Scale:g4}; try a lower lr0 with optimizer= named, or amp=bf16 or amp=false");
        Scale /= 2;
        GoodSteps = 0;
        Skipped++;
        return false;
    }

    /// <summary>What an exact resume needs: "scaler.scale", "scaler.good_steps" and "scaler.skipped".</summary>
    public IEnumerable<SafetensorsEntry> Save() =>
    [
        SafetensorsEntry.FromDoubles("scaler.scale", new Shape(1), [Scale]),
        SafetensorsEntry.FromLongs("scaler.good_steps", new Shape(), [GoodSteps]),
        SafetensorsEntry.FromLongs("scaler.skipped", new Shape(), [Skipped]),
    ];

    /// <summary>Takes up what <see cref="Save"/> wrote.</summary>
    /// <exception cref="InputException">The file lacks an entry, or holds what no scaler wrote.</exception>
    public void Load(SafetensorsFile file)
    {
        ArgumentNullException.ThrowIfNull(file);
        double scale = file.Doubles("scaler.scale", 1)[0];
        long good = file.Int64("scaler.good_steps"), skipped = file.Int64("scaler.skipped");
        if (scale is not (>= Floor and <= Ceiling) || good is not (>= 0 and < GrowthInterval) || skipped < 0)
            throw new InputException($"{file.Path}: scale {scale}, {good} good steps and {skipped} skipped ones are no state of a loss scaler");
        (Scale, GoodSteps, Skipped) = (scale, (int)good, skipped);
    }
}
