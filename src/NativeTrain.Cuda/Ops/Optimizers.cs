using NativeTrain.Core;
using NativeTrain.Cuda.Bindings;
using static NativeTrain.Cuda.Bindings.Driver;

namespace NativeTrain.Cuda;

/// <summary>kernels/optimizers.cu.</summary>
public sealed unsafe partial class CudaBackend
{
    /// <summary>
    /// Tables of the tensors that were last stepped, averaged or measured: those of a training stay the same from step to
    /// step, an optimizer's group, the average and the norm having one each.
    /// </summary>
    private readonly Queue<PieceTable> pieceTables = [];

    private const int MostPieceTables = 16, OptimizerThreads = 256;

    public double GradNorm(IReadOnlyList<Tensor> grads)
    {
        if (Pieces([], grads, [], []) is not { } pieces) return 0;
        nint sums = Workspace((pieces.Count + 1) * sizeof(double)), norm = sums + pieces.Count * sizeof(double);
        Launch("optimizers", "grad_norm_pieces", pieces.Count, OptimizerThreads, pieces.Pointer, sums);
        Launch("optimizers", "grad_norm", 1, OptimizerThreads, sums, pieces.Count, norm);
        double result = 0;
        Download(norm, new Span<byte>(&result, sizeof(double)));
        return result;
    }

    public void OptimizerStep(OptimizerStep step)
    {
        if (Pieces(step.Values, step.Grads, step.State1, step.State2) is not { } pieces) return;
        bool plain = step.Momentum == 0;
        switch (step.Kind)
        {
            case OptimizerKind.Sgd: Step(plain ? "sgd_plain" : "sgd", SgdRule.Of(step)); break;
            case OptimizerKind.Adam or OptimizerKind.AdamW: Step("adam", AdamRule.Of(step)); break;
            case OptimizerKind.NAdam: Step("nadam", NAdamRule.Of(step)); break;
            case OptimizerKind.RAdam: Step("radam", RAdamRule.Of(step)); break;
            case OptimizerKind.RmsProp: Step(plain ? "rmsprop_plain" : "rmsprop", RmsPropRule.Of(step)); break;
            default: throw new ArgumentOutOfRangeException(nameof(step), step.Kind, "no optimizer");
        }

        void Step<TRule>(string name, TRule rule) where TRule : unmanaged =>
            LaunchWith("optimizers", $"optimizer_{name}", pieces.Count, OptimizerThreads, rule, pieces.Pointer, step.GradScale);
    }

    public void EmaUpdate(IReadOnlyList<Tensor> averages, IReadOnlyList<Tensor> values, float decay)
    {
        if (Pieces(averages, values, [], []) is not { } pieces) return;
        Launch("optimizers", "ema_update", pieces.Count, OptimizerThreads, pieces.Pointer, 1 - decay);
    }

    public void ZeroGrads(IReadOnlyList<Tensor> grads)
    {
        if (Pieces(grads, [], [], []) is not { } pieces) return;
        Launch("optimizers", "zero_pieces", pieces.Count, OptimizerThreads, pieces.Pointer);
    }

    /// <summary>The tensors' table; null: they have no numbers.</summary>
    private PieceTable? Pieces(IReadOnlyList<Tensor> values, IReadOnlyList<Tensor> grads, IReadOnlyList<Tensor> state1, IReadOnlyList<Tensor> state2)
    {
        RequireNotRecording("the optimizer, whose rates are arguments of a launch,");
        nint[] key = PieceTable.Key(values, grads, state1, state2);
        foreach (var known in pieceTables)
            if (known.IsOf(key)) return known;
        if (values.Concat(grads).All(t => t.Count == 0)) return null;
        device.MakeCurrent();
        if (pieceTables.Count == MostPieceTables)
        {
            Check(cuStreamSynchronize(compute)); // which may be reading it
            pieceTables.Dequeue().Dispose();
        }
        var table = PieceTable.Create(key, staging, compute);
        pieceTables.Enqueue(table);
        return table;
    }

    private void FreePieceTables()
    {
        foreach (var table in pieceTables) table.Dispose();
        pieceTables.Clear();
    }
}
