using NativeTrain.Core;

namespace NativeTrain.Gradients;

/// <summary>The gradients that the tape's walk back leaves at a case's inputs.</summary>
internal static class Analytic
{
    /// <summary>What the walk back from a loss starts from in fp16, so that small gradients stay above the type's smallest numbers.</summary>
    private const float LossScale = 1024;

    /// <param name="Gradients">Of every input.</param>
    /// <param name="Outputs">What the forward pass gave, from which the walk back came.</param>
    /// <param name="LossInDouble"><see cref="GradCase.LossInDouble"/> of these outputs: what the loss held constant, differences must hold too.</param>
    /// <param name="Leaked">Bytes that are live after the walk back and were not before.</param>
    internal sealed record Result(float[][] Gradients, float[][] Outputs, Func<double[][], double>? LossInDouble, long Leaked);

    /// <summary>Applies the case <paramref name="uses"/> times to the same inputs and walks back from the sum of all contractions.</summary>
    /// <param name="backend">Where to compute.</param>
    /// <param name="gradCase">What.</param>
    /// <param name="values">Its inputs.</param>
    /// <param name="contraction">The weights of its outputs.</param>
    /// <param name="type">Element type of the maps.</param>
    /// <param name="uses">1, or 2 to see whether a second user's gradient is added to the first one's.</param>
    public static Result Of(IBackend backend, GradCase gradCase, IReadOnlyList<float[]> values, Contraction contraction, DType type, int uses)
    {
        using var feed = new Feed(backend, gradCase, values, type);
        long before = backend.Allocator.LiveBytes;
        var rounds = Enumerable.Range(0, uses).Select(_ => gradCase.Forward(feed)).ToList();
        float[][] outputs = [.. rounds[0].Select(feed.Numbers)];
        var lossInDouble = gradCase.LossInDouble?.Invoke(feed, rounds[0]);
        float scale = 1;
        if (gradCase.Loss is { } lossOf)
        {
            scale = type == DType.F16 ? LossScale : 1;
            var loss = lossOf(feed, rounds[0]);
            outputs = [feed.Numbers(loss)];
            Poison(backend, gradCase);
            feed.Tape.Backward(loss, scale);
        }
        else
        {
            var loss = feed.Tape.New(new Shape(1));
            feed.Tape.Record("contraction", () =>
            {
                foreach (var round in rounds)
                    for (int o = 0; o < round.Count; o++) feed.SendBack(round[o], contraction.Of(o, round[o].Count));
            });
            Poison(backend, gradCase);
            feed.Tape.Backward(loss);
        }
        float[][] gradients = [.. values.Select((_, i) => Array.ConvertAll(feed.Gradient(i), g => g / scale))];
        feed.Restart();
        return new Result(gradients, outputs, lossInDouble, backend.Allocator.LiveBytes - before);
    }

    /// <summary>
    /// Fills memory that is free with NaN, where the gradients are likely to come to lie: an op that adds to what it should overwrite adds to that.
    /// </summary>
    private static void Poison(IBackend backend, GradCase gradCase)
    {
        Tensor[] free = [.. gradCase.Inputs.Where(i => !i.Learned).Select(i => Tensor.Create(backend, i.Shape))];
        foreach (var t in free) backend.Fill(t, float.NaN);
        foreach (var t in free) t.Dispose();
    }
}
