using System.Runtime.InteropServices;

namespace NativeTrain.Core.Tests.GradCheck;

/// <summary>
/// Compares an op's gradients with central differences. The outputs y are contracted to one number,
/// f = Σ w·y with fixed random w, in double on the host, so that the only rounding is the kernels' own;
/// then ∂f/∂x ≈ (f(x+h) − f(x−h)) / 2h for every element x of every input, or a sample where there are many.
/// </summary>
public sealed class GradientCheck
{
    /// <summary>Inputs with more elements are sampled.</summary>
    private const int MaxElements = 200;

    /// <summary>Gradients below this count as this large: weights w are of the order 1.</summary>
    private const double SmallestScale = 0.05;

    private readonly IBackend backend;
    private readonly OpCase opCase;
    private readonly Random random;
    private readonly List<float[]> contraction = [];
    private readonly List<string> problems = [];

    private GradientCheck(IBackend backend, OpCase opCase)
    {
        this.backend = backend;
        this.opCase = opCase;
        // A seed of the case's own, the same in every process (string.GetHashCode is not).
        random = new Random(opCase.ToString().Aggregate(17, (hash, c) => unchecked(hash * 31 + c)));
    }

    /// <summary>What is wrong with the case, a line each; empty where all is right.</summary>
    public static IReadOnlyList<string> Run(IBackend backend, OpCase opCase)
    {
        var check = new GradientCheck(backend, opCase);
        check.Run();
        return check.problems;
    }

    private void Run()
    {
        float[][] values = [.. opCase.Inputs.Select(i => i.Draw(random, (int)i.Shape.Count))];
        var gradients = Gradients(values, uses: 1);
        var f = opCase.Reference is null ? DifferenceOfOp(values) : DifferenceOfReference(values);
        for (int i = 0; i < values.Length; i++) CompareWithDifferences(i, gradients[i], f);
        if (gradients.All(g => g.All(v => v == 0))) problems.Add("every gradient is zero");
        if (!opCase.OneUser) CompareWithTwoUses(gradients, Gradients(values, uses: 2));
    }

    /// <summary>The op's own gradients; the op is applied <paramref name="uses"/> times to the same inputs.</summary>
    private float[][] Gradients(float[][] values, int uses)
    {
        long liveBefore = backend.Allocator.LiveBytes;
        using var feed = new Feed(backend, opCase, values);
        var outputs = Enumerable.Range(0, uses).SelectMany(_ => opCase.Forward(feed)).ToList();
        var loss = feed.Tape.New(new Shape(1));
        feed.Tape.Record("contraction", () =>
        {
            for (int o = 0; o < outputs.Count; o++) SendBack(feed.Tape, outputs[o], Weights(o % (outputs.Count / uses), outputs[o]));
        });
        feed.Tape.Backward(loss);
        float[][] gradients = [.. values.Select((_, i) => feed.Gradient(i))];
        feed.FreeInputs();
        if (backend.Allocator.LiveBytes != liveBefore)
            problems.Add($"{backend.Allocator.LiveBytes - liveBefore} bytes are still live after the walk back");
        return gradients;
    }

    private void SendBack(Tape tape, Tensor output, float[] weights)
    {
        using var w = Tensor.Create(backend, output.Shape);
        backend.Upload(MemoryMarshal.AsBytes(weights.AsSpan()), w);
        var dy = tape.Sink(output, out bool accumulate);
        backend.Copy(w, dy, accumulate);
    }

    /// <summary>w of an output, drawn when it is first asked for.</summary>
    private float[] Weights(int output, Tensor y)
    {
        while (contraction.Count <= output) contraction.Add([]);
        if (contraction[output].Length != y.Count)
            contraction[output] = [.. Enumerable.Range(0, (int)y.Count).Select(_ => (0.5f + random.NextSingle()) * (random.Next(2) * 2 - 1))];
        return contraction[output];
    }

    /// <summary>(f(x+h) − f(x−h)) / 2h of the op itself; the divisor is the step that float32 could make.</summary>
    private Func<int, int, double> DifferenceOfOp(float[][] values) => (input, element) =>
    {
        float x = values[input][element], above = x + (float)opCase.Step, below = x - (float)opCase.Step;
        values[input][element] = above;
        double f = Evaluate(values);
        values[input][element] = below;
        f -= Evaluate(values);
        values[input][element] = x;
        return f / ((double)above - below);
    };

    private double Evaluate(float[][] values)
    {
        using var feed = new Feed(backend, opCase, values);
        var outputs = opCase.Forward(feed);
        double f = 0;
        for (int o = 0; o < outputs.Count; o++)
        {
            float[] w = Weights(o, outputs[o]), y = Download(outputs[o]);
            for (int i = 0; i < y.Length; i++) f += (double)w[i] * y[i];
        }
        return f;
    }

    private float[] Download(Tensor output)
    {
        using var dense = Tensor.Create(backend, output.Shape);
        backend.Copy(output, dense, accumulate: false);
        float[] y = new float[output.Count];
        backend.Download(dense, MemoryMarshal.AsBytes(y.AsSpan()));
        return y;
    }

    /// <summary>The same of the case's reference function, whose one output is a number; it must also agree with the op's value.</summary>
    private Func<int, int, double> DifferenceOfReference(float[][] values)
    {
        using var feed = new Feed(backend, opCase, values);
        float value = Download(opCase.Forward(feed)[0])[0], weight = contraction[0][0];
        var reference = opCase.Reference!(feed);
        double[][] x = [.. values.Select(v => Array.ConvertAll(v, e => (double)e))];
        double expected = reference(x);
        if (!(Math.Abs(value - expected) <= 1e-4 * Math.Abs(expected))) problems.Add($"the value is {value}, the reference's {expected}");
        return (input, element) =>
        {
            const double h = 1e-5;
            double at = x[input][element];
            x[input][element] = at + h;
            double f = reference(x);
            x[input][element] = at - h;
            f -= reference(x);
            x[input][element] = at;
            return weight * f / (2 * h);
        };
    }

    private void CompareWithDifferences(int input, float[] gradient, Func<int, int, double> difference)
    {
        int[] elements = [.. Enumerable.Range(0, gradient.Length)];
        if (elements.Length > MaxElements)
        {
            random.Shuffle(elements);
            elements = elements[..MaxElements];
        }
        double[] expected = [.. elements.Select(e => difference(input, e))];
        double scale = Math.Max(SmallestScale, Math.Max(gradient.Max(Math.Abs), expected.Max(Math.Abs)));
        for (int k = 0; k < elements.Length; k++)
        {
            double error = Math.Abs(gradient[elements[k]] - expected[k]) / scale;
            if (error <= opCase.Tolerance) continue; // NaN is not
            problems.Add($"input {input} {opCase.Inputs[input].Shape}, element {elements[k]}: gradient {gradient[elements[k]]}, difference {expected[k]:g6}, largest {scale:g3}");
            return;
        }
    }

    /// <summary>Two users of an input: its gradient is the sum of both, whoever comes first.</summary>
    private void CompareWithTwoUses(float[][] once, float[][] twice)
    {
        for (int i = 0; i < once.Length; i++)
        {
            double scale = Math.Max(SmallestScale, once[i].Max(Math.Abs));
            for (int e = 0; e < once[i].Length; e++)
            {
                if (Math.Abs(twice[i][e] - 2.0 * once[i][e]) <= 1e-5 * scale) continue;
                problems.Add($"input {i}, element {e}: two uses give {twice[i][e]}, one use {once[i][e]}");
                break;
            }
        }
    }
}
