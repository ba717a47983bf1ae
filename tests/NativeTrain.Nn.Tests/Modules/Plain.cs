using NativeTrain.Core;
using NativeTrain.Core.Ops;
using NativeTrain.Nn.Modules;

namespace NativeTrain.Nn.Tests.Modules;

/// <summary>
/// Copies of a module's parameters and statistics, under its names, and the convolution that its composition by
/// plain ops is made of: every op writes a map of its own, nothing is fused and nothing is written in place.
/// </summary>
public sealed class Plain : IDisposable
{
    private readonly Dictionary<string, Parameter> parameters = [];
    private readonly Dictionary<string, Tensor> buffers = [];

    public Plain(IBackend backend, Tape tape, Module module)
    {
        Tape = tape;
        foreach (var (name, p) in module.NamedParameters())
        {
            var copy = new Parameter(backend, p.Value.Shape, p.Kind);
            backend.Copy(p.Value, copy.Value, accumulate: false);
            parameters.Add(name, copy);
        }
        foreach (var (name, b) in module.NamedBuffers())
        {
            var copy = Tensor.Create(backend, b.Shape);
            backend.Copy(b, copy, accumulate: false);
            buffers.Add(name, copy);
        }
    }

    public Tape Tape { get; }
    public IReadOnlyDictionary<string, Parameter> Parameters => parameters;
    public IReadOnlyDictionary<string, Tensor> Buffers => buffers;

    /// <summary>The <see cref="Conv"/> of that path: convolution, batch norm, SiLU.</summary>
    public Tensor Conv(string path, Tensor x, bool act = true, int stride = 1)
    {
        string prefix = path.Length == 0 ? "" : path + ".";
        var weight = parameters[prefix + "conv.weight"];
        int k = weight.Value.Shape[1], groups = x.C / weight.Value.Shape[3];
        var y = Conv2d.Forward(Tape, x, weight, bias: null, stride, k / 2, groups);
        var bn = new BatchNormState(
            parameters[prefix + "bn.weight"], parameters[prefix + "bn.bias"],
            buffers[prefix + "bn.running_mean"], buffers[prefix + "bn.running_var"], Eps: 1e-3f, Momentum: 0.03f);
        if (!Tape.Training) return ByRunningStatistics(y, bn, act);
        y = BatchNormAct.Forward(Tape, y, bn, new BatchNormActOptions(Silu: false)).Y;
        return act ? Silu.Forward(Tape, y) : y;
    }

    public void Dispose()
    {
        foreach (var p in parameters.Values) p.Dispose();
        foreach (var b in buffers.Values) b.Dispose();
    }

    /// <summary>u = gamma·(x − running mean)/√(running variance + eps) + beta; u or u·σ(u), in double.</summary>
    private Tensor ByRunningStatistics(Tensor x, BatchNormState bn, bool act)
    {
        var y = Tape.New(x.Shape);
        Span<float> from = x.HostSpan<float>(), to = y.HostSpan<float>();
        Span<float> gamma = bn.Gamma.Value.HostSpan<float>(), beta = bn.Beta.Value.HostSpan<float>();
        Span<float> mean = bn.RunningMean.HostSpan<float>(), variance = bn.RunningVar.HostSpan<float>();
        for (int i = 0; i < from.Length; i++)
        {
            int c = i % x.C;
            double u = gamma[c] * ((double)from[i] - mean[c]) / Math.Sqrt((double)variance[c] + bn.Eps) + beta[c];
            to[i] = (float)(act ? u / (1 + Math.Exp(-u)) : u);
        }
        return y;
    }
}
