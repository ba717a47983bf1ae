using static NativeTrain.Core.Ops.Require;

namespace NativeTrain.Core.Ops;

/// <summary>The learned and running tensors of one batch norm, each [C].</summary>
public sealed record BatchNormState(Parameter Gamma, Parameter Beta, Tensor RunningMean, Tensor RunningVar, float Eps, float Momentum);

/// <summary>
/// Where <see cref="BatchNormAct"/> writes: <paramref name="Into"/> is a dense map or a range of channels of a
/// wider one (a concat written in place); <paramref name="Residual"/> is added after the activation;
/// <paramref name="CopyFrom"/> ≥ 0 asks for a dense copy of the output's channels from there on (a convolution
/// cannot read a slice).
/// </summary>
public readonly record struct BatchNormActOptions(bool Silu = true, Tensor? Into = null, Tensor? Residual = null, int CopyFrom = -1);

/// <summary>
/// Batch norm, SiLU and residual in one pass: u = gamma·(x−mean)/√(var+eps) + beta; y = u·σ(u) (or u) [+ residual].
/// Training uses the batch's mean and (biased) variance per channel and updates the running ones; otherwise the
/// running ones are used and x's memory is reused for y where y would be a new dense tensor.
/// Statistics, gamma and beta are F32 whatever the map's type.
/// Keeps x, mean and 1/√(var+eps); u is recomputed in the backward pass rather than stored.
/// Source: Ioffe and Szegedy 2015 (batch norm), Elfwing et al. 2017 (SiLU).
/// </summary>
public static class BatchNormAct
{
    /// <summary>For people to read.</summary>
    public static OpFormula Formula { get; } = new("batch_norm_act", "x̂ = (x − mean)·inv_std, u = γ·x̂ + β, y = u·σ(u) [+ residual]",
        ["g = dy·σ(u)·(1 + u·(1 − σ(u))); where there is no SiLU g = dy", "dγ = Σ g·x̂", "dβ = Σ g", "dx = γ·inv_std·(g − dβ/m − x̂·dγ/m), m the pixels of the batch", "dresidual = dy"])
    {
        Saves = [new("x", "x̂ and u are computed again from it instead of being stored"), new("mean", "x̂ is computed again with it"), new("inv_std", "x̂ is computed again with it, and dx is scaled by it")],
        Source = "Ioffe and Szegedy 2015; Elfwing et al. 2017",
    };

    /// <summary><see cref="OpTensors.Settings"/> where u goes through SiLU.</summary>
    public const string SiluSetting = "SiLU";

    /// <returns>y, and the dense copy of its last channels where one was asked for.</returns>
    public static (Tensor Y, Tensor? Copy) Forward(Tape tape, Tensor x, BatchNormState bn, BatchNormActOptions options)
    {
        ArgumentNullException.ThrowIfNull(tape);
        ArgumentNullException.ThrowIfNull(x);
        ArgumentNullException.ThrowIfNull(bn);
        RequireMap("batch_norm_act", x);
        RequireF32("batch_norm_act", bn.RunningMean);
        RequireF32("batch_norm_act", bn.RunningVar);
        RequireMap("batch_norm_act", options.Into, like: x);
        RequireMap("batch_norm_act", options.Residual, like: x);
        if (!x.IsDense || bn.Gamma.Value.C != x.C) throw new ArgumentException($"batch norm of {bn.Gamma.Value.C} channels does not fit x {x.Shape}");
        if (options.Into is { } into && into.Shape != x.Shape) throw new ArgumentException($"batch norm: {x.Shape} cannot be written to {into.Shape}");
        if (options.Residual is { } r && r.Shape != x.Shape) throw new ArgumentException($"batch norm: residual {r.Shape} does not fit {x.Shape}");

        var y = options.Into ?? (tape.Recording ? tape.New(x.Shape, x.Type) : x);
        var copy = options.CopyFrom >= 0 ? tape.New(x.Shape.WithC(x.C - options.CopyFrom), x.Type) : null;
        var mean = tape.Training ? tape.New(new Shape(x.C)) : bn.RunningMean;
        var invStd = tape.New(new Shape(x.C));
        int from = Math.Max(options.CopyFrom, 0);
        if (tape.Training && tape.Share is { SyncBatchNorm: true } share)
            tape.Run("batch_norm_act", "statistics", () => SyncBatchNorm.Statistics(tape, share, x, bn, mean, invStd), () => new OpCost(0, x.Bytes));
        else if (tape.Training)
            tape.Run("batch_norm_act", "statistics", () => tape.Backend.BatchNormStatistics(x, bn.Eps, bn.Momentum, mean, invStd, bn.RunningMean, bn.RunningVar), () => new OpCost(0, x.Bytes));
        else
            tape.Backend.BatchNormInvStd(bn.RunningVar, bn.Eps, invStd);
        tape.Run("batch_norm_act", "forward", () => tape.Backend.BatchNormActForward(x, mean, invStd, bn.Gamma.Value, bn.Beta.Value, options.Silu, options.Residual, y, copy, from),
            () => new OpCost(0, x.Bytes + y.Bytes + (copy?.Bytes ?? 0) + (options.Residual?.Bytes ?? 0)));
        if (!tape.Recording) return (y, copy);
        if (!tape.Training) throw new InvalidOperationException("batch norm records in training only");
        tape.Record("batch_norm_act", () => Backward(tape, x, bn, options, mean, invStd, y, copy), () => new(options.Residual is { } added ? [new("x", x), new("residual", added)] : [new("x", x)], copy is null ? [new("y", y)] : [new("y", y), new("copy", copy)],
            [new("x", x), new("mean", mean), new("inv_std", invStd)], [bn.Gamma, bn.Beta]) { Settings = options.Silu ? SiluSetting : "no activation" });
        return (y, copy);
    }

    /// <summary>
    /// With x̂ = (x−mean)·invStd, g = dy·act′(u), m rows: dgamma = Σ g·x̂, dbeta = Σ g,
    /// dx = gamma·invStd·(g − dbeta/m − x̂·dgamma/m). The residual receives dy as it is.
    /// </summary>
    private static void Backward(Tape tape, Tensor x, BatchNormState bn, BatchNormActOptions options, Tensor mean, Tensor invStd, Tensor y, Tensor? copy)
    {
        var dy = Tape.GradOf(y);
        var dcopy = copy is null ? null : Tape.GradOf(copy);
        if (dy is null && dcopy is null) return; // on every rank alike
        int from = Math.Max(options.CopyFrom, 0);
        if (options.Residual is { RequiresGrad: true } residual && (dcopy is not null || !Tape.HandOver(y, residual)))
        {
            var dr = tape.Sink(residual, out bool accumulate);
            tape.Run("batch_norm_act", "backward_residual", () =>
            {
                if (dy is not null) tape.Backend.Copy(dy, dr, accumulate);
                else if (!accumulate) tape.Backend.Zero(dr);
                if (dcopy is not null) tape.Backend.Copy(dcopy, dr.Slice(from, dcopy.C), accumulate: true);
            }, () => new OpCost(0, (accumulate ? 3 : 2) * dr.Bytes));
        }
        // x has this one user (it is a convolution's output), so its gradient is always fresh, or dy's own memory.
        var dx = tape.SinkInPlace(x, y, out bool used);
        if (used) throw new InvalidOperationException("the input of batch norm must have no other user");
        if (tape.Share is { SyncBatchNorm: true } share)
        {
            tape.Run("batch_norm_act", "backward", () => SyncBatchNorm.Backward(tape, share, x, bn, options.Silu, mean, invStd, dy, dcopy, from, dx), () => new OpCost(0, 5 * x.Bytes));
            return;
        }
        tape.Run("batch_norm_act", "backward", () => tape.Backend.BatchNormActBackward(x, mean, invStd, bn.Gamma.Value, bn.Beta.Value, options.Silu, dy, dcopy, from, dx, bn.Gamma.Grad, bn.Beta.Grad),
            () => new OpCost(0, 5 * x.Bytes));
    }
}
