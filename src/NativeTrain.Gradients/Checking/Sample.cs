namespace NativeTrain.Gradients;

/// <summary>A function's value at a place on a line, as the terms whose sum it is.</summary>
/// <param name="T">How far along the line, as far as the type could represent it.</param>
/// <param name="Terms">Every output times its weight; the kernels compute these, the sum is taken in double.</param>
/// <param name="Epsilon">How far rounding may put a term off, as a part of it.</param>
internal sealed record Sample(double T, double[] Terms, double Epsilon)
{
    /// <summary>The sum of the terms.</summary>
    public double F => Terms.Sum();

    /// <summary>
    /// (f(a) − f(b))/(a − b), and how far rounding may put it off: only terms that differ count, for the others were
    /// computed from the same numbers; their roundings add up as random ones do.
    /// </summary>
    public (double Slope, double Rounding) Minus(Sample other)
    {
        double difference = 0, squares = 0;
        for (int i = 0; i < Terms.Length; i++)
        {
            double a = Terms[i], b = other.Terms[i];
            difference += a - b;
            if (a != b) squares += Math.Max(a * a, b * b);
        }
        double width = T - other.T;
        return (difference / width, Math.Abs(4 * Epsilon * Math.Sqrt(squares) / width));
    }
}
