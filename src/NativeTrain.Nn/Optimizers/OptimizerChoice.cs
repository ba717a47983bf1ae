using NativeTrain.Core;

namespace NativeTrain.Nn;

/// <summary>Which optimizer trains, and where its rate and momentum start.</summary>
/// <param name="Kind">The optimizer.</param>
/// <param name="LearningRate">lr0.</param>
/// <param name="Momentum">SGD's and RMSProp's momentum; beta1 of the Adam family.</param>
/// <param name="WarmupBiasLearningRate">The rate from which the biases warm up.</param>
public sealed record OptimizerChoice(OptimizerKind Kind, double LearningRate, double Momentum, double WarmupBiasLearningRate)
{
    private static readonly (string Name, OptimizerKind? Kind)[] Names =
    [
        ("auto", null),
        ("SGD", OptimizerKind.Sgd),
        ("Adam", OptimizerKind.Adam),
        ("AdamW", OptimizerKind.AdamW),
        ("NAdam", OptimizerKind.NAdam),
        ("RAdam", OptimizerKind.RAdam),
        ("RMSProp", OptimizerKind.RmsProp),
    ];

    /// <summary>The optimizer of a name, whatever its case; null for "auto".</summary>
    /// <exception cref="InputException">No such optimizer; the message names the nearest.</exception>
    public static OptimizerKind? Parse(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        foreach (var (known, kind) in Names)
            if (known.Equals(name, StringComparison.OrdinalIgnoreCase))
                return kind;
        string nearest = Names.MinBy(n => EditDistance.Between(n.Name.ToUpperInvariant(), name.ToUpperInvariant())).Name;
        throw new InputException($"optimizer={name}: there is no such optimizer, the nearest is {nearest} (known: {string.Join(", ", Names.Select(n => n.Name))})");
    }

    /// <summary>
    /// The recipe's rule for optimizer=auto. A long training can afford SGD; a short one takes AdamW, with a rate
    /// that falls with the number of classes: 0.002·5/(4 + classes), rounded to six places.
    /// </summary>
    /// <param name="iterations">See <see cref="Iterations"/>.</param>
    /// <param name="classes">Number of classes of the data set.</param>
    public static OptimizerChoice Auto(long iterations, int classes) =>
        iterations > 10_000
            ? new(OptimizerKind.Sgd, 0.01, 0.9, 0)
            : new(OptimizerKind.AdamW, Math.Round(0.002 * 5 / (4 + classes), 6), 0.9, 0);

    /// <summary>Optimizer steps of a training, as the auto rule counts them: ⌈images / max(batch, nominal batch)⌉ · epochs.</summary>
    public static long Iterations(int images, int batch, int epochs, int nominalBatch = 64)
    {
        long step = Math.Max(batch, nominalBatch);
        return (images + step - 1) / step * epochs;
    }

    /// <summary>The optimizer of the option values: what they say, or what <see cref="Auto"/> says for "auto".</summary>
    /// <exception cref="InputException">No such optimizer.</exception>
    public static OptimizerChoice From(string name, double lr0, double momentum, double warmupBiasLr, long iterations, int classes) =>
        Parse(name) is { } kind ? new(kind, lr0, momentum, warmupBiasLr) : Auto(iterations, classes);
}
