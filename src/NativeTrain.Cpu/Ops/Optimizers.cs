using NativeTrain.Core;
using static NativeTrain.Cpu.Native;

namespace NativeTrain.Cpu;

/// <content>What happens to all parameters at once.</content>
public sealed unsafe partial class CpuBackend
{
    public double GradNorm(IReadOnlyList<Tensor> grads)
    {
        double norm;
        fixed (nint* g = Pointers(grads))
        fixed (long* n = Counts(grads))
            Check(nt_grad_norm(grads.Count, g, n, &norm));
        return norm;
    }

    public void OptimizerStep(OptimizerStep step)
    {
        switch (step.Kind)
        {
            case OptimizerKind.Sgd: Step(step, SgdRule.Of(step)); break;
            case OptimizerKind.Adam or OptimizerKind.AdamW: Step(step, AdamRule.Of(step)); break;
            case OptimizerKind.NAdam: Step(step, NAdamRule.Of(step)); break;
            case OptimizerKind.RAdam: Step(step, RAdamRule.Of(step)); break;
            case OptimizerKind.RmsProp: Step(step, RmsPropRule.Of(step)); break;
            default: throw new ArgumentOutOfRangeException(nameof(step), step.Kind, "no optimizer");
        }
    }

    private static void Step<TRule>(OptimizerStep step, TRule rule) where TRule : unmanaged
    {
        fixed (nint* v = Pointers(step.Values))
        fixed (nint* g = Pointers(step.Grads))
        fixed (nint* s1 = Pointers(step.State1))
        fixed (nint* s2 = Pointers(step.State2))
        fixed (long* n = Counts(step.Values))
            Check(nt_optimizer_step((int)step.Kind, &rule, step.GradScale, step.Values.Count, v, g, s1, s2, n));
    }

    public void EmaUpdate(IReadOnlyList<Tensor> averages, IReadOnlyList<Tensor> values, float decay)
    {
        fixed (nint* a = Pointers(averages))
        fixed (nint* v = Pointers(values))
        fixed (long* n = Counts(values))
            Check(nt_ema_update(values.Count, a, v, n, decay));
    }

    public void ZeroGrads(IReadOnlyList<Tensor> grads)
    {
        foreach (var g in grads) OneBlock.RequireF32(g);
        fixed (nint* g = Pointers(grads))
        fixed (long* n = Counts(grads))
            Check(nt_zero_all(grads.Count, g, n));
    }
}
