using System.Runtime.InteropServices;

namespace NativeTrain.Core.Tests.GradCheck;

/// <summary>The inputs of one evaluation of a case, on the device, and the tape that records it.</summary>
public sealed class Feed : IDisposable
{
    private readonly IBackend backend;
    private readonly Tensor?[] tensors;
    private readonly Parameter?[] parameters;
    private readonly List<Tensor> constants = [];

    /// <param name="backend">Where to compute.</param>
    /// <param name="opCase">What its inputs are.</param>
    /// <param name="values">Their elements.</param>
    /// <param name="type">Element type of the inputs that are no parameters.</param>
    public Feed(IBackend backend, OpCase opCase, IReadOnlyList<float[]> values, DType type = DType.F32)
    {
        this.backend = backend;
        Tape = new Tape(backend);
        Values = values;
        tensors = new Tensor?[values.Count];
        parameters = new Parameter?[values.Count];
        for (int i = 0; i < values.Count; i++)
        {
            var input = opCase.Inputs[i];
            if (input.Learned) parameters[i] = new Parameter(backend, input.Shape, ParameterKind.Weight);
            else tensors[i] = Tensor.Create(backend, input.Shape, type);
            var destination = parameters[i]?.Value ?? tensors[i]!;
            destination.RequiresGrad = true;
            using var numbers = Tensor.Create(backend, input.Shape);
            backend.Upload(MemoryMarshal.AsBytes(values[i].AsSpan()), numbers);
            backend.Copy(numbers, destination, accumulate: false);
        }
    }

    public Tape Tape { get; }

    /// <summary>The inputs' elements, as uploaded.</summary>
    public IReadOnlyList<float[]> Values { get; }

    /// <summary>An input that is a tensor.</summary>
    public Tensor this[int input] => tensors[input]!;

    /// <summary>An input that is a parameter.</summary>
    public Parameter Learned(int input) => parameters[input]!;

    /// <summary>A tensor that is not differentiated by; lives as long as the feed.</summary>
    public Tensor Constant(float value, params int[] dims)
    {
        var t = Tensor.Create(backend, new Shape(dims));
        backend.Fill(t, value);
        constants.Add(t);
        return t;
    }

    /// <summary>After the walk back: the gradient that arrived at an input; zeros where none did.</summary>
    public float[] Gradient(int input)
    {
        return (parameters[input]?.Grad ?? tensors[input]!.Grad) is { } grad ? Numbers(grad) : new float[Values[input].Length];
    }

    /// <summary>The elements of a tensor of any float type, a slice too.</summary>
    public float[] Numbers(Tensor t)
    {
        using var dense = Tensor.Create(backend, t.Shape);
        backend.Copy(t, dense, accumulate: false);
        return backend.ToFloats(dense);
    }

    /// <summary>Frees the inputs, but not what the tape holds: that is the tape's business.</summary>
    public void FreeInputs()
    {
        foreach (var t in tensors) t?.Dispose();
        foreach (var p in parameters) p?.Dispose();
        foreach (var c in constants) c.Dispose();
    }

    public void Dispose()
    {
        Tape.Dispose();
        FreeInputs();
    }
}
