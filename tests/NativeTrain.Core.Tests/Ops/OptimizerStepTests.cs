using System.Runtime.InteropServices;
using Xunit;

namespace NativeTrain.Core.Tests.Ops;

/// <summary>The fused optimizer step, gradient norm and moving average over several tensors at once.</summary>
public sealed class OptimizerStepTests : OpTest
{
    private const double Rate = 0.01, Momentum = 0.9, Beta2 = 0.99, Eps = 1e-8, Decay = 0.05, GradScale = 0.5;

    // One element, less than a vector, several tasks.
    private static readonly int[] Sizes = [1, 7, 40_001];

    public static TheoryData<OptimizerKind, bool, double> Rules => new()
    {
        { OptimizerKind.Sgd, true, Momentum },
        { OptimizerKind.Sgd, false, Momentum },
        { OptimizerKind.Sgd, false, 0 },
        { OptimizerKind.Adam, false, Momentum },
        { OptimizerKind.AdamW, false, Momentum },
        { OptimizerKind.NAdam, false, Momentum },
        { OptimizerKind.RAdam, false, Momentum },
        { OptimizerKind.RmsProp, false, Momentum },
        { OptimizerKind.RmsProp, false, 0 },
    };

    /// <summary>Eight steps (RAdam starts to rectify at the sixth) against the formulas in double precision.</summary>
    [Theory, MemberData(nameof(Rules))]
    public void StepsFollowTheFormula(OptimizerKind kind, bool nesterov, double momentum)
    {
        float[][] start = [.. Sizes.Select((n, i) => Random(n, i))];
        double[][] p = [.. start.Select(v => v.Select(x => (double)x).ToArray())], s = Zeros(), u = Zeros();
        Tensor[] values = [.. start.Select(v => New(v, new Shape(v.Length)))];
        Tensor[] state1 = [.. Sizes.Select(n => New(new float[n], new Shape(n)))], state2 = [.. Sizes.Select(n => New(new float[n], new Shape(n)))];
        double product = 1;
        for (int step = 1; step <= 8; step++)
        {
            double mu = Mu(step), next = Mu(step + 1);
            product *= mu;
            float[][] grads = [.. Sizes.Select((n, i) => Random(n, 100 * step + i))];
            Backend.OptimizerStep(new OptimizerStep
            {
                Kind = kind, Values = values, Grads = [.. grads.Select(g => New(g, new Shape(g.Length)))], State1 = state1, State2 = state2,
                LearningRate = (float)Rate, Momentum = (float)momentum, Beta2 = (float)Beta2, Eps = (float)Eps, WeightDecay = (float)Decay,
                Nesterov = nesterov, Step = step, GradScale = (float)GradScale, MuProduct = product, Mu = mu, MuNext = next,
            });
            for (int t = 0; t < Sizes.Length; t++)
                for (int i = 0; i < Sizes[t]; i++)
                    Reference(kind, nesterov, momentum, step, product, mu, next, grads[t][i] * GradScale, ref p[t][i], ref s[t][i], ref u[t][i]);
        }
        for (int t = 0; t < Sizes.Length; t++) AssertClose(p[t], Values(values[t]), 1e-5);
    }

    [Fact]
    public void NormIsTheRootOfAllSquares()
    {
        float[][] grads = [.. Sizes.Select((n, i) => Random(n, i))];
        double expected = Math.Sqrt(grads.Sum(g => g.Sum(v => (double)v * v)));
        Assert.Equal(expected, Backend.GradNorm([.. grads.Select(g => New(g, new Shape(g.Length)))]), 1e-12 * expected);
    }

    [Theory]
    [InlineData(float.PositiveInfinity, double.PositiveInfinity)]
    [InlineData(float.NaN, double.NaN)]
    [InlineData(3e38f, 3e38)]
    public void NormKeepsWhatIsNotFiniteAndDoesNotOverflow(float value, double expected)
    {
        float[] g = new float[20_000];
        g[19_999] = value;
        double norm = Backend.GradNorm([New(g, new Shape(g.Length))]);
        if (double.IsFinite(expected)) Assert.Equal(1, norm / expected, 1e-6);
        else Assert.Equal(expected, norm);
    }

    [Fact]
    public void AverageMovesTowardsTheValues()
    {
        float[][] average = [.. Sizes.Select((n, i) => Random(n, i))], value = [.. Sizes.Select((n, i) => Random(n, 10 + i))];
        Tensor[] averages = [.. average.Select(a => New(a, new Shape(a.Length)))];
        Backend.EmaUpdate(averages, [.. value.Select(v => New(v, new Shape(v.Length)))], 0.9f);
        for (int t = 0; t < Sizes.Length; t++)
            AssertClose([.. average[t].Zip(value[t], (a, v) => 0.9 * a + 0.1 * v)], Values(averages[t]));
    }

    [Fact]
    public void DoesNotDependOnThreads() => AssertThreadsAgree(backend =>
    {
        var tensors = Enumerable.Range(0, 4).Select(_ => Tensor.Create(backend, new Shape(100_003))).ToArray();
        for (int i = 0; i < 2; i++) backend.Upload(MemoryMarshal.AsBytes(Random(tensors[i].Count, i).AsSpan()), tensors[i]);
        for (int i = 2; i < 4; i++) backend.Zero(tensors[i]);
        double norm = backend.GradNorm([tensors[1]]);
        backend.OptimizerStep(new OptimizerStep
        {
            Kind = OptimizerKind.AdamW, Values = [tensors[0]], Grads = [tensors[1]], State1 = [tensors[2]], State2 = [tensors[3]],
            LearningRate = 0.01f, Momentum = 0.9f, WeightDecay = 0.1f, Step = 1, GradScale = (float)(1 / norm),
        });
        float[] result = [.. tensors.SelectMany(backend.ToFloats), (float)norm];
        foreach (var t in tensors) t.Dispose();
        return result;
    });

    private static double[][] Zeros() => [.. Sizes.Select(n => new double[n])];

    private static double Mu(int step) => Momentum * (1 - 0.5 * Math.Pow(0.96, step * 0.004));

    /// <summary>One element by the formulas (NAdam's second divisor as the reference has it); s and u are the rule's first and second state.</summary>
    private static void Reference(OptimizerKind kind, bool nesterov, double momentum, int step, double product, double mu, double next, double g, ref double p, ref double s, ref double u)
    {
        if (kind == OptimizerKind.AdamW) p *= 1 - Rate * Decay;
        else g += Decay * p;
        if (kind == OptimizerKind.Sgd)
        {
            s = step == 1 ? g : momentum * s + g;
            p -= Rate * (nesterov ? g + momentum * s : s);
            return;
        }
        if (kind == OptimizerKind.RmsProp)
        {
            s = Beta2 * s + (1 - Beta2) * g * g;
            u = momentum * u + g / (Math.Sqrt(s) + Eps);
            p -= Rate * u;
            return;
        }

        s = momentum * s + (1 - momentum) * g;
        u = Beta2 * u + (1 - Beta2) * g * g;
        double bias1 = 1 - Math.Pow(momentum, step), bias2 = 1 - Math.Pow(Beta2, step);
        double root = Math.Sqrt(u / bias2) + Eps;
        switch (kind)
        {
            case OptimizerKind.NAdam:
                p -= Rate * ((1 - mu) / (1 - product) * g + next / (1 - product * mu * next) * s) / root;
                break;
            case OptimizerKind.RAdam:
                double infinite = 2 / (1 - Beta2) - 1, rho = infinite - 2 * step * Math.Pow(Beta2, step) / bias2;
                double rectify = Math.Sqrt((rho - 4) * (rho - 2) * infinite / ((infinite - 4) * (infinite - 2) * rho));
                p -= Rate * s / bias1 * (rho > 5 ? rectify * Math.Sqrt(bias2) / (Math.Sqrt(u) + Eps) : 1);
                break;
            default:
                p -= Rate * s / bias1 / root;
                break;
        }
    }
}
