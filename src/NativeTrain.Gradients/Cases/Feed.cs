using NativeTrain.Core;

namespace NativeTrain.Gradients;

/// <summary>The inputs of a case on the device, and the tape that records its present evaluation.</summary>
public sealed class Feed : IDisposable
{
    private readonly GradCase gradCase;
    private readonly DType type;
    private readonly Built? built;
    private readonly Tensor?[] tensors;
    private readonly Parameter?[] parameters;
    private readonly float[][] values;
    private readonly List<Tensor> constants = [];

    /// <summary>Tensors of zeros, and parameters as <see cref="GradCase.Build"/> made them (else zero).</summary>
    /// <param name="backend">Where to compute.</param>
    /// <param name="gradCase">What its inputs are.</param>
    /// <param name="type">Element type of the inputs that are no parameters.</param>
    public Feed(IBackend backend, GradCase gradCase, DType type = DType.F32)
    {
        ArgumentNullException.ThrowIfNull(gradCase);
        Backend = backend;
        Tape = new Tape(backend) { Precision = type };
        this.gradCase = gradCase;
        this.type = type;
        int n = gradCase.Inputs.Count, learned = 0;
        (tensors, parameters, values) = (new Tensor?[n], new Parameter?[n], new float[n][]);
        built = gradCase.Build?.Invoke(backend);
        for (int i = 0; i < n; i++)
        {
            var input = gradCase.Inputs[i];
            if (input.Learned) parameters[i] = built is null ? new Parameter(backend, input.Shape, ParameterKind.Weight) : built.Parameters[learned++];
            else tensors[i] = NewTensor(i);
            if (parameters[i] is { } p) p.Value.RequiresGrad = true;
            values[i] = input.Learned && built is not null ? backend.ToFloats(parameters[i]!.Value) : new float[input.Shape.Count];
        }
    }

    /// <summary>The same, with the inputs' elements set.</summary>
    public Feed(IBackend backend, GradCase gradCase, IReadOnlyList<float[]> values, DType type = DType.F32) : this(backend, gradCase, type)
    {
        ArgumentNullException.ThrowIfNull(values);
        for (int i = 0; i < values.Count; i++) Set(i, values[i]);
    }

    public IBackend Backend { get; }

    public Tape Tape { get; private set; }

    /// <summary>The inputs' elements, as they were set.</summary>
    public IReadOnlyList<float[]> Values => values;

    /// <summary>An input that is a tensor.</summary>
    public Tensor this[int input] => tensors[input]!;

    /// <summary>An input that is a parameter.</summary>
    public Parameter Learned(int input) => parameters[input]!;

    /// <summary>The module or model that <see cref="GradCase.Build"/> made.</summary>
    public T Owner<T>() where T : IDisposable => (T)built!.Owner;

    /// <summary>Gives an input other elements; a 16-bit tensor rounds them.</summary>
    public void Set(int input, float[] elements)
    {
        values[input] = elements;
        using var numbers = new HostTensor(gradCase.Inputs[input].Shape, elements).Upload(Backend);
        Backend.Copy(numbers, parameters[input]?.Value ?? tensors[input]!, accumulate: false);
    }

    /// <summary>A tensor that is not differentiated by; lives until the next <see cref="Restart"/>.</summary>
    public Tensor Constant(float value, params int[] dims)
    {
        var t = Tensor.Create(Backend, new Shape(dims));
        Backend.Fill(t, value);
        constants.Add(t);
        return t;
    }

    /// <summary>After the walk back: the gradient that arrived at an input; zeros where none did.</summary>
    public float[] Gradient(int input) =>
        (parameters[input]?.Grad ?? tensors[input]!.Grad) is { } grad ? Numbers(grad) : new float[values[input].Length];

    /// <summary>The elements of a tensor of any float type, a slice too.</summary>
    public float[] Numbers(Tensor t) => Backend.MapToFloats(t);

    /// <summary>In a walk back: sends an output this gradient, as a user of it would.</summary>
    public void SendBack(Tensor output, float[] gradient)
    {
        ArgumentNullException.ThrowIfNull(output);
        using var numbers = new HostTensor(output.Shape, gradient).Upload(Backend);
        Backend.Copy(numbers, Tape.Sink(output, out bool accumulate), accumulate);
    }

    /// <summary>A new tape, and no gradients: ready for the next evaluation. Frees what <see cref="Constant"/> made.</summary>
    public void Restart()
    {
        Tape.Dispose();
        Tape = new Tape(Backend) { Precision = type };
        foreach (var c in constants) c.Dispose();
        constants.Clear();
        for (int i = 0; i < tensors.Length; i++)
        {
            if (parameters[i] is { } p) Backend.Zero(p.Grad);
            if (tensors[i] is not { Grad: not null } t) continue;
            t.Dispose(); // the one way to be rid of its gradient
            tensors[i] = NewTensor(i);
            Set(i, values[i]);
        }
    }

    public void Dispose()
    {
        Tape.Dispose();
        foreach (var t in tensors) t?.Dispose();
        if (built is null)
            foreach (var p in parameters) p?.Dispose();
        built?.Owner.Dispose();
        foreach (var c in constants) c.Dispose();
    }

    private Tensor NewTensor(int input)
    {
        var t = Tensor.Create(Backend, gradCase.Inputs[input].Shape, type);
        Backend.Zero(t);
        t.RequiresGrad = true;
        return t;
    }
}
