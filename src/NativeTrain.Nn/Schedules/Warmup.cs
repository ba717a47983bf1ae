namespace NativeTrain.Nn;

/// <summary>
/// The first iterations of a training, in which everything rises in straight lines: each group's rate from 0 (the
/// biases' from a rate of their own) to the schedule's, the momentum from a lower one, and the number of
/// micro-batches a step accumulates from 1 to nominal batch / batch.
/// </summary>
public sealed class Warmup
{
    private readonly double biasLearningRate;
    private readonly double startMomentum;
    private readonly double endMomentum;
    private readonly double microBatches;

    /// <param name="epochs">Length (warmup_epochs); 0 for none, else at least 100 iterations.</param>
    /// <param name="batchesPerEpoch">Iterations of an epoch.</param>
    /// <param name="biasLearningRate">Where the biases' rate starts (warmup_bias_lr).</param>
    /// <param name="startMomentum">Where momentum starts (warmup_momentum).</param>
    /// <param name="endMomentum">Where momentum ends.</param>
    /// <param name="batch">Images of an iteration.</param>
    /// <param name="nominalBatch">Images that a step should see (nbs).</param>
    public Warmup(double epochs, int batchesPerEpoch, double biasLearningRate, double startMomentum, double endMomentum, int batch, int nominalBatch = 64)
    {
        Iterations = epochs > 0 ? Math.Max((long)Math.Round(epochs * batchesPerEpoch), 100) : 0;
        this.biasLearningRate = biasLearningRate;
        this.startMomentum = startMomentum;
        this.endMomentum = endMomentum;
        microBatches = (double)nominalBatch / batch;
    }

    /// <summary>Length of the warm-up.</summary>
    public long Iterations { get; }

    /// <summary>
    /// Sets rate and momentum of every group for an iteration, in the warm-up and after it.
    /// </summary>
    /// <param name="optimizer">Its groups are set.</param>
    /// <param name="iteration">Counted from 0 over the whole training.</param>
    /// <param name="factor">The schedule's factor in this epoch (<see cref="LearningRate"/>).</param>
    public void Apply(Optimizer optimizer, long iteration, double factor)
    {
        ArgumentNullException.ThrowIfNull(optimizer);
        foreach (var group in optimizer.Groups)
        {
            double start = group.Kind == Core.ParameterKind.Bias ? biasLearningRate : 0;
            group.LearningRate = (float)Between(iteration, start, group.InitialLearningRate * factor);
            if (optimizer.HasVelocity) group.Momentum = (float)Between(iteration, startMomentum, endMomentum);
        }
    }

    /// <summary>Micro-batches whose gradients make one optimizer step, at an iteration.</summary>
    public int Accumulate(long iteration) => Math.Max(1, (int)Math.Round(Between(iteration, 1, microBatches)));

    private double Between(long iteration, double start, double end) =>
        iteration >= Iterations ? end : start + (end - start) * iteration / Iterations;
}
