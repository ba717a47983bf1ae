using NativeTrain.Core;

namespace NativeTrain.Nn;

/// <summary>
/// Moves parameters against their gradients. The arithmetic of each kind is the backend's fused step
/// (kernels/math); this class owns what it needs between steps: the moments of every parameter, the number of
/// steps taken and NAdam's running product.
/// </summary>
public sealed class Optimizer : IDisposable
{
    /// <summary>NAdam's schedule (Dozat 2016): mu_t = beta1·(1 − ½·0.96^(t·0.004)).</summary>
    private const double MomentumDecay = 0.004;

    private readonly IBackend backend;
    private readonly Dictionary<Parameter, Moments> moments = [];
    private readonly double[] muProducts;

    /// <summary>State1 and State2 of <see cref="OptimizerStep"/> for one parameter, in its shape.</summary>
    private sealed record Moments(Tensor First, Tensor? Second);

    private Optimizer(OptimizerKind kind, IBackend backend, IReadOnlyList<ParameterGroup> groups, bool nesterov)
    {
        Kind = kind;
        Groups = groups;
        Nesterov = nesterov;
        this.backend = backend;
        muProducts = [.. groups.Select(_ => 1.0)];
        foreach (var p in All) moments.Add(p, new Moments(Zeros(p), kind == OptimizerKind.Sgd ? null : Zeros(p)));
    }

    /// <summary>Allocates zeroed moments for every parameter of the groups. <paramref name="nesterov"/> concerns SGD only.</summary>
    /// <exception cref="ArgumentException">A parameter stands in two groups.</exception>
    public static Optimizer Create(OptimizerKind kind, IBackend backend, IReadOnlyList<ParameterGroup> groups, bool nesterov = true)
    {
        ArgumentNullException.ThrowIfNull(backend);
        ArgumentNullException.ThrowIfNull(groups);
        return new Optimizer(kind, backend, groups, nesterov);
    }

    public OptimizerKind Kind { get; }
    public bool Nesterov { get; }
    public IReadOnlyList<ParameterGroup> Groups { get; }

    /// <summary>Steps taken so far.</summary>
    public long Steps { get; private set; }

    /// <summary>Whether a group's momentum is a velocity that the warm-up raises (the Adam family's beta1 stays as it is).</summary>
    public bool HasVelocity => Kind is OptimizerKind.Sgd or OptimizerKind.RmsProp;

    /// <summary>
    /// One step of every parameter that is not frozen, a fused call a group.
    /// Gradients are multiplied by <paramref name="gradScale"/> first (clipping, unscaling) and left as they are.
    /// </summary>
    public void Step(float gradScale = 1f)
    {
        Steps++;
        for (int i = 0; i < Groups.Count; i++)
        {
            var group = Groups[i];
            double mu = Mu(group.Momentum, Steps);
            muProducts[i] *= mu;
            Parameter[] moving = [.. group.Parameters.Where(p => !p.Frozen)];
            if (moving.Length == 0) continue;
            backend.OptimizerStep(new OptimizerStep
            {
                Kind = Kind,
                Nesterov = Nesterov,
                Values = [.. moving.Select(p => p.Value)],
                Grads = [.. moving.Select(p => p.Grad)],
                State1 = [.. moving.Select(p => moments[p].First)],
                State2 = [.. moving.Select(p => moments[p].Second).OfType<Tensor>()],
                LearningRate = group.LearningRate,
                Momentum = group.Momentum,
                Beta2 = Kind == OptimizerKind.RmsProp ? 0.99f : 0.999f,
                Eps = 1e-8f,
                WeightDecay = group.WeightDecay,
                GradScale = gradScale,
                Step = Steps,
                MuProduct = muProducts[i],
                Mu = mu,
                MuNext = Mu(group.Momentum, Steps + 1),
            });
        }
    }

    public void ZeroGrad() => backend.ZeroGrads([.. All.Select(p => p.Grad)]);

    /// <summary>√Σ g² over the gradients of all parameters that are not frozen; infinite or NaN where any of them is.</summary>
    public double GradNorm() => backend.GradNorm([.. All.Where(p => !p.Frozen).Select(p => p.Grad)]);

    /// <summary>The moments, as "optimizer.state1.&lt;parameter&gt;" and "optimizer.state2.&lt;parameter&gt;", in memory layout.</summary>
    public IEnumerable<(string Name, Tensor Tensor)> State
    {
        get
        {
            foreach (var p in All)
            {
                yield return ($"optimizer.state1.{p.Name}", moments[p].First);
                if (moments[p].Second is { } second) yield return ($"optimizer.state2.{p.Name}", second);
            }
        }
    }

    /// <summary>What a step changes beside <see cref="State"/>: the steps taken, and NAdam's product of each group.</summary>
    public (long Steps, IReadOnlyList<double> MuProducts) Counts
    {
        get => (Steps, [.. muProducts]);
        set
        {
            Steps = value.Steps;
            for (int i = 0; i < muProducts.Length; i++) muProducts[i] = value.MuProducts[i];
        }
    }

    /// <summary>Everything that an exact resume needs: <see cref="State"/>, "optimizer.steps" and "optimizer.mu_products".</summary>
    public IEnumerable<SafetensorsEntry> Save() =>
        State.Select(s => SafetensorsEntry.DeferredTensor(s.Name, backend, s.Tensor))
            .Append(SafetensorsEntry.FromLongs("optimizer.steps", new Shape(), [Steps]))
            .Append(SafetensorsEntry.FromDoubles("optimizer.mu_products", new Shape(muProducts.Length), muProducts));

    /// <summary>Takes up what <see cref="Save"/> wrote.</summary>
    /// <exception cref="InputException">The file lacks a tensor, or holds it in another shape: another model or optimizer wrote it.</exception>
    public void Load(SafetensorsFile file)
    {
        ArgumentNullException.ThrowIfNull(file);
        foreach (var (name, tensor) in State) file.CopyTo(name, backend, tensor);
        Steps = file.Int64("optimizer.steps");
        double[] products = file.Doubles("optimizer.mu_products", muProducts.Length);
        products.CopyTo(muProducts, 0);
    }

    public void Dispose()
    {
        foreach (var m in moments.Values)
        {
            m.First.Dispose();
            m.Second?.Dispose();
        }
    }

    private IEnumerable<Parameter> All => Groups.SelectMany(g => g.Parameters);

    private static double Mu(double beta1, long step) => beta1 * (1 - 0.5 * Math.Pow(0.96, step * MomentumDecay));

    private Tensor Zeros(Parameter p)
    {
        var t = Tensor.Create(backend, p.Value.Shape);
        backend.Zero(t);
        return t;
    }
}
