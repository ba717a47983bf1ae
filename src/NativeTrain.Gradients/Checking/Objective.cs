using NativeTrain.Core;

namespace NativeTrain.Gradients;

/// <summary>The function of a case's inputs that differences are taken of: its outputs, contracted to one number.</summary>
internal interface IObjective : IDisposable
{
    /// <summary>Its value t along a line from the case's inputs.</summary>
    Sample At(Line line, double t);

    /// <summary>Its value at the case's inputs.</summary>
    Sample Middle { get; }

    /// <summary>Finds out how far rounding puts the value off, where more comes together than its terms' own.</summary>
    /// <param name="line">Along which the inputs are moved a little.</param>
    void MeasureRounding(Line line);
}

/// <summary>The kernels' own forward pass in F32; the contraction is taken in double on the host.</summary>
internal sealed class KernelObjective : IObjective
{
    private readonly Feed feed;
    private readonly GradCase gradCase;
    private readonly Contraction contraction;
    private readonly IReadOnlyList<float[]> origin;
    private readonly Func<double[][], double>? loss;
    private IReadOnlyList<int> moved = [];
    private double epsilon = Tolerances.Epsilon(DType.F32);

    /// <param name="backend">Where to compute.</param>
    /// <param name="gradCase">What.</param>
    /// <param name="origin">The case's inputs.</param>
    /// <param name="contraction">The weights of its outputs.</param>
    /// <param name="loss">What they are put through instead; null: the contraction.</param>
    public KernelObjective(IBackend backend, GradCase gradCase, IReadOnlyList<float[]> origin, Contraction contraction, Func<double[][], double>? loss = null)
    {
        (this.gradCase, this.origin, this.contraction, this.loss) = (gradCase, origin, contraction, loss);
        feed = new Feed(backend, gradCase, origin);
        Middle = Contract(0, gradCase.Forward(feed));
    }

    public Sample Middle { get; private set; }

    /// <summary>
    /// A loss is one number, summed in double of logits in float32: how much of their roundings is left in it, only it can tell, and the more layers the line moves, the more. Over steps so small that
    /// the function is straight or evenly bent, f(−2t) − 4f(−t) + 6f(0) − 4f(t) + f(2t) is rounding alone, √70 times that of one value.
    /// </summary>
    public void MeasureRounding(Line line)
    {
        double[] rests = [.. Tolerances.StraightSteps.Select(t => F(-2 * t) - 4 * F(-t) + 6 * Middle.F - 4 * F(t) + F(2 * t))];
        double rounding = Math.Sqrt(rests.Average(r => r * r) / 70);
        epsilon = rounding / Math.Abs(Middle.F);
        Middle = Middle with { Epsilon = epsilon };

        double F(double t) => At(line, t).F;
    }

    public Sample At(Line line, double t)
    {
        foreach (int i in moved.Except(line.Inputs)) feed.Set(i, origin[i]);
        foreach (int i in line.Inputs) feed.Set(i, line.At(i, origin[i], t));
        moved = line.Inputs;
        feed.Restart();
        return Contract(line.Realised(origin, t), gradCase.Forward(feed));
    }

    public void Dispose() => feed.Dispose();

    private Sample Contract(double t, IReadOnlyList<Tensor> outputs)
    {
        double[][] y = [.. outputs.Select(o => Array.ConvertAll(feed.Numbers(o), v => (double)v))];
        return new Sample(t, loss is null ? contraction.Terms(y) : [loss(y)], epsilon);
    }
}

/// <summary>The case's own formula in double, with what the op holds constant as it is at the case's inputs.</summary>
internal sealed class DoubleObjective : IObjective
{
    private readonly Func<double[][], double[][]> reference;
    private readonly double[][] origin;
    private readonly Contraction contraction;

    /// <param name="backend">Where the op's constants are computed.</param>
    /// <param name="gradCase">What.</param>
    /// <param name="origin">The case's inputs.</param>
    /// <param name="contraction">The weights of its outputs.</param>
    public DoubleObjective(IBackend backend, GradCase gradCase, IReadOnlyList<float[]> origin, Contraction contraction)
    {
        using var feed = new Feed(backend, gradCase, origin);
        reference = gradCase.Reference!(feed);
        this.origin = [.. origin.Select(v => Array.ConvertAll(v, e => (double)e))];
        this.contraction = contraction;
        Middle = Value(0, this.origin);
    }

    public Sample Middle { get; }

    public Sample At(Line line, double t) =>
        Value(t, [.. origin.Select((x, i) => line.Inputs.Contains(i) ? line.At(i, x, t) : x)]);

    private Sample Value(double t, double[][] x) => new(t, contraction.Terms(reference(x)), 1.0 / (1L << 53));

    public void MeasureRounding(Line line)
    {
        // Its terms' own rounding is all there is.
    }

    public void Dispose()
    {
    }
}
