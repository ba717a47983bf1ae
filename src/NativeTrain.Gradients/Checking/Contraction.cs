namespace NativeTrain.Gradients;

/// <summary>
/// The random weights w by which outputs become one number, f = Σ w·y, so that a gradient can be taken of it: ±[0.5, 1.5), in
/// multiples of 1/64, which every float type holds.
/// </summary>
internal sealed class Contraction(int seed)
{
    private readonly List<float[]> weights = [];

    /// <summary>w of an output; drawn when it is first asked for.</summary>
    public float[] Of(int output, long count)
    {
        while (weights.Count <= output) weights.Add([]);
        if (weights[output].Length != count)
        {
            var random = new Random(seed + output);
            weights[output] = [.. Enumerable.Range(0, checked((int)count)).Select(_ => random.Next(32, 96) / 64f * (random.Next(2) * 2 - 1))];
        }
        return weights[output];
    }

    /// <summary>w·y of all elements of all outputs.</summary>
    public double[] Terms(double[][] outputs)
    {
        var terms = new double[outputs.Sum(y => y.Length)];
        int at = 0;
        for (int o = 0; o < outputs.Length; o++)
        {
            float[] w = Of(o, outputs[o].Length);
            for (int i = 0; i < w.Length; i++) terms[at++] = w[i] * outputs[o][i];
        }
        return terms;
    }
}
