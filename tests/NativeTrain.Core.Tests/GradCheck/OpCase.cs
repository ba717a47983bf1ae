namespace NativeTrain.Core.Tests.GradCheck;

/// <summary>
/// One op at one set of shapes. <paramref name="Forward"/> applies it to the inputs of a <see cref="Feed"/> and
/// returns the outputs to differentiate.
/// </summary>
/// <param name="Op">The op's class in Core/Ops.</param>
/// <param name="Name">What is special about this case.</param>
/// <param name="Inputs">What the op is differentiated by.</param>
public sealed record OpCase(Type Op, string Name, In[] Inputs, Func<Feed, IReadOnlyList<Tensor>> Forward)
{
    /// <summary>±h of the central difference; a linear op takes a large one, where rounding matters less.</summary>
    public double Step { get; init; } = 1e-2;

    /// <summary>Largest deviation, as a part of the gradient's largest magnitude.</summary>
    public double Tolerance { get; init; } = 2e-3;

    /// <summary>The op insists on being its input's only user (batch norm).</summary>
    public bool OneUser { get; init; }

    /// <summary>
    /// Where the op holds something constant that depends on its inputs (the detection loss its assignment), plain
    /// differences of the op would be wrong: this gives, for the present inputs, the function of the inputs whose
    /// derivative the op promises, in double.
    /// </summary>
    public Func<Feed, Func<double[][], double>>? Reference { get; init; }

    public override string ToString() => $"{Op.Name}: {Name}";
}

/// <summary>An input of a case: its shape, whether it is a <see cref="Parameter"/>, and how its values are drawn.</summary>
public sealed record In(Shape Shape, bool Learned, Func<Random, int, float[]> Draw)
{
    /// <summary>A tensor, uniform in ±1.</summary>
    public static In Tensor(params int[] dims) => new(new Shape(dims), false, Uniform(-1, 1));

    /// <summary>A parameter, uniform in ±1.</summary>
    public static In Weight(params int[] dims) => new(new Shape(dims), true, Uniform(-1, 1));

    /// <summary>A parameter of positive numbers around 1.</summary>
    public static In Scale(params int[] dims) => new(new Shape(dims), true, Uniform(0.5f, 1.5f));

    /// <summary>A tensor whose values all lie at least 0.1 apart, so that a small step never changes which is the largest.</summary>
    public static In Spread(params int[] dims) => new(new Shape(dims), false, (random, count) =>
    {
        float[] values = [.. Enumerable.Range(0, count).Select(i => 0.1f * i)];
        random.Shuffle(values);
        return values;
    });

    /// <summary>A tensor of multiples of 1/64 in ±1: numbers that every float type holds.</summary>
    public static In Short(params int[] dims) => new(new Shape(dims), false, (random, count) =>
        [.. Enumerable.Range(0, count).Select(_ => random.Next(-64, 65) / 64f)]);

    private static Func<Random, int, float[]> Uniform(float low, float high) =>
        (random, count) => [.. Enumerable.Range(0, count).Select(_ => low + (high - low) * random.NextSingle())];
}
