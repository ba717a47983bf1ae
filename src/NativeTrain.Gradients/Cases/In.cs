using NativeTrain.Core;

namespace NativeTrain.Gradients;

/// <summary>An input of a case: its shape, whether it is a <see cref="Parameter"/>, and how its values are drawn.</summary>
/// <param name="Shape">Its extents.</param>
/// <param name="Learned">Whether the case takes it as a <see cref="Parameter"/>, F32 whatever the maps' type.</param>
/// <param name="Draw">So many values; null: those that <see cref="GradCase.Build"/> gave the parameter.</param>
public sealed record In(Shape Shape, bool Learned, Func<Random, int, float[]>? Draw)
{
    /// <summary>For messages: "weight", "model.0.conv.weight"; null: its number will do.</summary>
    public string? Name { get; init; }

    /// <summary>What it is checked together with where a case is checked along directions: its layer.</summary>
    public string? Group { get; init; }

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

    /// <summary>Draws values uniform in [low, high).</summary>
    public static Func<Random, int, float[]> Uniform(float low, float high) =>
        (random, count) => [.. Enumerable.Range(0, count).Select(_ => low + (high - low) * random.NextSingle())];
}
