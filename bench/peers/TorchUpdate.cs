using TorchSharp;
using static TorchSharp.torch;

namespace NativeTrain.Peers;

/// <summary>
/// Clip, AdamW and the average of the weights, by libtorch's fastest calls: norms, averages and steps of all tensors in one call each
/// (torch._foreach_*, torch._fused_adamw_), reached through TorchScript, for TorchSharp has no names for them. The clipping's factor
/// is applied inside the fused step.
/// </summary>
internal sealed class TorchUpdate
{
    private const double MaxNorm = 10, WeightDecay = 5e-4, EmaDecay = 0.9999, EmaTau = 2000;

    private const string Source = """
        def inverse_clip(grads: List[Tensor], most: float) -> Tensor:
            norm = torch.linalg_vector_norm(torch.stack(torch._foreach_norm(grads, 2)))
            return torch.clamp((norm + 1e-6) / most, min=1.0)

        def adamw(p: List[Tensor], g: List[Tensor], m: List[Tensor], v: List[Tensor], step: List[Tensor], lr: float, decay: float, scale: Tensor) -> Tensor:
            torch._foreach_add_(step, 1)
            torch._fused_adamw_(p, g, m, v, [], step, lr=lr, beta1=0.9, beta2=0.999, weight_decay=decay, eps=1e-8, amsgrad=False, maximize=False, grad_scale=scale, found_inf=None)
            return scale

        def average(averages: List[Tensor], values: List[Tensor], share: float) -> Tensor:
            torch._foreach_lerp_(averages, values, share)
            return averages[0]

        """;

    /// <summary>Parameters of one weight decay, and Adam's moments of them.</summary>
    private sealed class Group(Tensor[] values, double decay)
    {
        public Tensor[] Values { get; } = values;
        public double Decay { get; } = decay;
        public Tensor[] First { get; } = [.. values.Select(v => zeros_like(v))];
        public Tensor[] Second { get; } = [.. values.Select(v => zeros_like(v))];
        public Tensor[] Steps { get; } = [.. values.Select(_ => zeros(1))];
        public Tensor[] Grads => [.. Values.Select(v => v.grad!)];
    }

    private readonly jit.CompilationUnit code = jit.compile(Source);
    private readonly Group[] groups;
    private readonly Tensor[] values, averages;
    private readonly double learningRate;
    private long updates;

    public TorchUpdate(TorchWeights weights, double learningRate)
    {
        this.learningRate = learningRate;
        using var guard = no_grad();
        groups = [new Group(weights.Learned(decaying: true), WeightDecay), new Group(weights.Learned(decaying: false), 0)];
        values = [.. weights.All.Select(v => v.detach())];
        averages = [.. values.Select(v => v.clone())];
    }

    /// <summary>One update; the gradients are gone after it (zero_grad(set_to_none=True)).</summary>
    public void Run()
    {
        using var guard = no_grad();
        using var scope = NewDisposeScope();
        var scale = (Tensor)code.invoke("inverse_clip", groups.SelectMany(g => g.Grads).ToArray(), MaxNorm);
        foreach (var g in groups) code.invoke("adamw", g.Values, g.Grads, g.First, g.Second, g.Steps, learningRate, g.Decay, scale);
        foreach (var v in groups.SelectMany(g => g.Values)) v.grad = null;
        updates++;
        code.invoke("average", averages, values, 1 - EmaDecay * (1 - Math.Exp(-updates / EmaTau)));
    }
}
