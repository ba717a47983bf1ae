using System.Runtime.InteropServices;
using NativeTrain.Core;
using NativeTrain.Nn.Modules;

namespace NativeTrain.Nn.Tests.Modules;

/// <summary>
/// One module with random weights and statistics, and an input for it. The outputs are contracted to one number,
/// f = Σ w·y with fixed random w, which is what gradients are taken of.
/// </summary>
public sealed class BlockRun : IDisposable
{
    private readonly IBackend backend;
    private readonly Block block;
    private float[] inputGradient = [];

    public BlockRun(IBackend backend, Block block, int n, int h, int w)
    {
        this.backend = backend;
        this.block = block;
        Module = block.Make(backend);
        var random = new InitRandom(7);
        Module.Initialize(ref random);
        foreach (var (name, p) in Module.NamedParameters())
            if (p.Kind != ParameterKind.Weight) Draw(p.Value, ref random, p.Kind == ParameterKind.Norm ? 1 : 0, 0.5f);
        foreach (var (name, b) in Module.NamedBuffers())
            Draw(b, ref random, name.EndsWith("var", StringComparison.Ordinal) ? 1 : 0, 0.5f);
        Input = Tensor.Create(backend, new Shape(n, h, w, block.Channels));
        Draw(Input, ref random, 0, 1.5f);
    }

    public Module Module { get; }
    public Tensor Input { get; }

    /// <summary>What the module computes.</summary>
    public Tensor[] Forward(Tape tape) => block.Forward(Module, tape, Feed(tape));

    /// <summary>What its composition computes.</summary>
    public Tensor[] Compose(Plain plain) => block.Compose(plain, Feed(plain.Tape));

    /// <summary>Walks back from f; returns the gradient that arrived at the input.</summary>
    public float[] Backward(Tape tape, Tensor[] outputs)
    {
        var f = tape.New(new Shape(1));
        tape.Record("contraction", () =>
        {
            for (int o = 0; o < outputs.Length; o++)
            {
                using var w = Tensor.Create(backend, outputs[o].Shape);
                backend.Upload(MemoryMarshal.AsBytes(Weights(o, outputs[o]).AsSpan()), w);
                backend.Copy(w, tape.Sink(outputs[o], out bool accumulate), accumulate);
            }
        });
        tape.Backward(f);
        return inputGradient;
    }

    /// <summary>The elements of a tensor or a range of channels.</summary>
    public float[] Values(Tensor t)
    {
        using var dense = Tensor.Create(backend, t.Shape);
        backend.Copy(t, dense, accumulate: false);
        return dense.HostSpan<float>().ToArray();
    }

    public void Dispose()
    {
        Input.Dispose();
        Module.Dispose();
    }

    /// <summary>The input as an op without inputs of its own: walking back, it notes the gradient.</summary>
    private Tensor Feed(Tape tape)
    {
        var x = tape.New(Input.Shape);
        backend.Copy(Input, x, accumulate: false);
        tape.Record("input", () => inputGradient = Values(Tape.GradOf(x)!));
        return x;
    }

    private void Draw(Tensor t, ref InitRandom random, float centre, float range)
    {
        random.Uniform(backend, t, range);
        foreach (ref float v in t.HostSpan<float>()) v += centre;
    }

    /// <summary>±[0.5, 1.5), the same at every call.</summary>
    private static float[] Weights(int output, Tensor y)
    {
        var random = new Random(output);
        return [.. Enumerable.Range(0, (int)y.Count).Select(_ => (0.5f + random.NextSingle()) * (random.Next(2) * 2 - 1))];
    }
}
