namespace NativeTrain.Core;

// What an optimizer's formula needs in one step beside the tensors. Each is the struct of the same name in kernels/math, field
// by field, and goes to the kernel as it is; what depends on the step's number is worked out here, once, in double.

/// <summary>kernels/math/sgd.h.</summary>
public readonly record struct SgdRule(float LearningRate, float Momentum, float WeightDecay, bool Nesterov)
{
    public static SgdRule Of(OptimizerStep s) => new(s.LearningRate, s.Momentum, s.WeightDecay, s.Nesterov);
}

/// <summary>kernels/math/adam.h. L2 is weight decay as part of the gradient (Adam), Shrink what AdamW multiplies a weight by.</summary>
public readonly record struct AdamRule(float Beta1, float Beta2, float Eps, float L2, float Shrink, float StepSize, float InvSqrtBias2)
{
    public static AdamRule Of(OptimizerStep s)
    {
        bool decoupled = s.Kind == OptimizerKind.AdamW;
        return new AdamRule(s.Momentum, s.Beta2, s.Eps,
            L2: decoupled ? 0 : s.WeightDecay,
            Shrink: decoupled ? (float)(1 - (double)s.LearningRate * s.WeightDecay) : 1,
            StepSize: (float)(s.LearningRate / s.Bias(s.Momentum)),
            InvSqrtBias2: (float)(1 / Math.Sqrt(s.Bias(s.Beta2))));
    }
}

/// <summary>kernels/math/nadam.h.</summary>
public readonly record struct NAdamRule(float Beta1, float Beta2, float Eps, float L2, float GradSize, float MomentSize, float InvBias2)
{
    public static NAdamRule Of(OptimizerStep s) => new(s.Momentum, s.Beta2, s.Eps, s.WeightDecay,
        GradSize: (float)(s.LearningRate * (1 - s.Mu) / (1 - s.MuProduct)),
        MomentSize: (float)(s.LearningRate * s.MuNext / (1 - s.MuProduct * s.Mu * s.MuNext)),
        InvBias2: (float)(1 / s.Bias(s.Beta2)));
}

/// <summary>kernels/math/radam.h.</summary>
public readonly record struct RAdamRule(float Beta1, float Beta2, float Eps, float L2, bool Rectified, float StepSize)
{
    public static RAdamRule Of(OptimizerStep s)
    {
        double bias2 = s.Bias(s.Beta2), limit = 2 / (1 - (double)s.Beta2) - 1;  // ρ∞
        double rho = limit - 2 * (double)s.Step * (1 - bias2) / bias2, size = s.LearningRate / s.Bias(s.Momentum);
        bool rectified = rho > 5;
        if (rectified) size *= Math.Sqrt(bias2 * (rho - 4) * (rho - 2) * limit / ((limit - 4) * (limit - 2) * rho));
        return new RAdamRule(s.Momentum, s.Beta2, s.Eps, s.WeightDecay, rectified, (float)size);
    }
}

/// <summary>kernels/math/rmsprop.h.</summary>
public readonly record struct RmsPropRule(float LearningRate, float Alpha, float Eps, float Momentum, float L2)
{
    public static RmsPropRule Of(OptimizerStep s) => new(s.LearningRate, s.Beta2, s.Eps, s.Momentum, s.WeightDecay);
}
