using NativeTrain.Core;

namespace NativeTrain.Vision.Export;

/// <summary>A convolution that was met while tracing: its input's name and its host weights, [O, I/groups, KH, KW].</summary>
internal sealed record TracedConvolution(string Input, string Name, Conv2dShape Shape, float[] Weight, float[]? Bias)
{
    /// <summary>
    /// The convolution with a batch norm in its weights: with s = gamma/√(var + eps), y = s·(w⋆x + b − mean) + beta =
    /// (s·w)⋆x + (s·(b − mean) + beta).
    /// </summary>
    public TracedConvolution Fold(float[] mean, float[] invStd, float[] gamma, float[] beta)
    {
        var weight = new float[Weight.Length];
        var bias = new float[Shape.OC];
        int fan = weight.Length / Shape.OC;
        for (int o = 0; o < bias.Length; o++)
        {
            double scale = (double)gamma[o] * invStd[o];
            bias[o] = (float)(scale * ((Bias?[o] ?? 0) - (double)mean[o]) + beta[o]);
            for (int i = o * fan; i < (o + 1) * fan; i++) weight[i] = (float)(scale * Weight[i]);
        }
        return this with { Weight = weight, Bias = bias };
    }

    /// <summary>Puts it into the graph; returns its value.</summary>
    public string Emit(OnnxGraph graph)
    {
        var s = Shape;
        var inputs = new List<string> { Input, graph.Initializer(Name + ".weight", [s.OC, s.IC / s.Groups, s.KH, s.KW], Weight) };
        if (Bias is not null) inputs.Add(graph.Initializer(Name + ".bias", [s.OC], Bias));
        return graph.Node("Conv", inputs,
            OnnxAttribute.Ints("kernel_shape", s.KH, s.KW), OnnxAttribute.Ints("strides", s.Stride, s.Stride),
            OnnxAttribute.Ints("pads", s.Pad, s.Pad, s.Pad, s.Pad), OnnxAttribute.Int("group", s.Groups));
    }
}
