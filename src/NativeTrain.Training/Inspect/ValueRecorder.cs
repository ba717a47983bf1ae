using NativeTrain.Core;
using NativeTrain.Core.Ops;

namespace NativeTrain.Training;

/// <summary>
/// Looks into a step: the numbers of every op's output and of the loss's gradient by it, shut SiLU channels, what the assigner
/// gave the cells, the parameters' gradients, and how far the update moves the weights. It waits for every download, so what
/// it sees is a pass of its own, apart from the timed ones; the step is the same to the bit.
/// </summary>
/// <param name="backend">Where the step runs.</param>
/// <param name="parameters">The model's.</param>
/// <param name="scale">The loss scale of the step: gradients are divided by it.</param>
/// <param name="image">The picture whose maps are shown.</param>
internal sealed class ValueRecorder(IBackend backend, IReadOnlyList<Parameter> parameters, double scale, int image) : ITapeObserver
{
    private readonly Dictionary<TapeNode, int> places = [];
    private float[][]? weightsBefore;

    /// <summary>Of every node's first output, in the order of the tape.</summary>
    public List<ValuesView?> Activations { get; } = [];

    /// <summary>Of the loss by that output.</summary>
    public List<ValuesView?> Gradients { get; } = [];

    public List<SiluView?> Silu { get; } = [];

    /// <summary>[N, cells, 7]: what the assigner gave each cell; null where there is none.</summary>
    public (float[] Rows, IReadOnlyList<Shape> Levels)? Assigned { get; private set; }

    /// <summary>The logits that cross-entropy reads, [N, classes]; null where there is none.</summary>
    public (float[] Values, int Classes)? Logits { get; private set; }

    /// <summary>Σ g² of every parameter.</summary>
    public double[]? GradientSquares { get; private set; }

    /// <summary>Σ w² and Σ Δw² of every parameter; null where the step was left out.</summary>
    public (double Weight, double Change)[]? Updates { get; private set; }

    public void Run(KernelLaunch launch, Action kernel)
    {
        ArgumentNullException.ThrowIfNull(kernel);
        if (launch is { Op: "optimizer", Pass: "gradient_norm" }) GradientSquares = [.. parameters.Select(p => Squares(backend.ToFloats(p.Grad)) / (scale * scale))];
        bool update = launch is { Op: "optimizer", Pass: "step" };
        if (update) weightsBefore = [.. parameters.Select(p => backend.ToFloats(p.Value))];
        kernel();
        if (update) Updates = [.. parameters.Select((p, i) => Moved(weightsBefore![i], backend.ToFloats(p.Value)))];
    }

    public void Recorded(TapeNode node)
    {
        ArgumentNullException.ThrowIfNull(node);
        var tensors = node.Tensors;
        places.Add(node, Activations.Count);
        Activations.Add(tensors.Outputs is [var (_, y), ..] ? TensorValues.Summarize(backend.MapToFloats(y), y.Shape, image, signed: false) : null);
        Gradients.Add(null);
        Silu.Add(node.Op == BatchNormAct.Formula.Op && tensors.Settings == BatchNormAct.SiluSetting ? Shut(tensors) : null);
        if (node.Op == DetectionLoss.Formula.Op)
            Assigned = (backend.ToFloats(Named(tensors.Saved, "assigned")), [.. tensors.Inputs.Where(i => i.Name.StartsWith("cls", StringComparison.Ordinal)).Select(i => i.Tensor.Shape)]);
        if (node.Op == CrossEntropy.Formula.Op && Named(tensors.Inputs, "x") is var logits) Logits = (backend.ToFloats(logits), logits.C);
    }

    public void WalkingBack(TapeNode node)
    {
        ArgumentNullException.ThrowIfNull(node);
        if (node.Tensors.Outputs is not [var (_, y), ..] || Tape.GradOf(y) is not { } dy) return;
        Gradients[places[node]] = TensorValues.Summarize(backend.MapToFloats(dy), dy.Shape, image, signed: true, scale);
    }

    private SiluView Shut(OpTensors t)
    {
        float[] mean = backend.ToFloats(Named(t.Saved, "mean"));
        int dead = DeadChannels.Count(backend.MapToFloats(Named(t.Saved, "x")), mean, backend.ToFloats(Named(t.Saved, "inv_std")),
            backend.ToFloats(t.Parameters[0].Value), backend.ToFloats(t.Parameters[1].Value));
        return new SiluView(mean.Length, dead);
    }

    private static Tensor Named(IReadOnlyList<NamedTensor> tensors, string name) => tensors.First(t => t.Name == name).Tensor;

    private static double Squares(float[] values) => values.Sum(v => (double)v * v);

    private static (double Weight, double Change) Moved(float[] before, float[] after)
    {
        double change = 0;
        for (int i = 0; i < before.Length; i++) change += ((double)after[i] - before[i]) * ((double)after[i] - before[i]);
        return (Squares(before), change);
    }
}
