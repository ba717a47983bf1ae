using System.Diagnostics;
using NativeTrain.Core;
using NativeTrain.Vision.Data;

namespace NativeTrain.Training;

/// <summary>Measures steps: mean losses, images a second, memory, and the time that remains.</summary>
public sealed class StepMeter
{
    private readonly IBackend backend;
    private readonly int firstEpoch, steps;
    private readonly Func<double> waited;
    private readonly LossItems zero;
    private readonly Stopwatch training = Stopwatch.StartNew();
    private readonly Stopwatch epochClock = new();
    private int epoch, epochs, before;
    private long images;
    private double waitedBefore;

    /// <param name="backend">Its allocator is read.</param>
    /// <param name="firstEpoch">The epoch (from 0) that this run begins with.</param>
    /// <param name="steps">Steps of an epoch.</param>
    /// <param name="lossNames">The terms of the loss.</param>
    /// <param name="waited">Seconds so far in which the training waited for its loader.</param>
    public StepMeter(IBackend backend, int firstEpoch, int steps, IReadOnlyList<string> lossNames, Func<double> waited)
    {
        this.backend = backend;
        this.firstEpoch = firstEpoch;
        this.steps = steps;
        this.waited = waited;
        MeanLoss = zero = LossItems.Zero(lossNames);
    }

    /// <summary>Mean losses of the epoch's steps so far.</summary>
    public LossItems MeanLoss { get; private set; }

    /// <summary>Part of the epoch's time so far (0…1) in which the training waited for its loader.</summary>
    public double WaitShare { get; private set; }

    /// <summary>An epoch (from 0) of <paramref name="epochs"/> begins, or goes on after <paramref name="begun"/>.</summary>
    internal void StartEpoch(int epoch, int epochs, BegunEpoch? begun = null)
    {
        this.epochs = epochs;
        this.epoch = epoch;
        images = 0;
        waitedBefore = waited();
        MeanLoss = begun is null ? zero : zero with { Values = begun.MeanLoss };
        before = begun is null ? before : begun.Steps;
        epochClock.Restart();
    }

    public void StartStep() => backend.Allocator.ResetPeak();

    /// <summary>A step (from 0) is done.</summary>
    public StepInfo EndStep(ImageBatch batch, int step, StepResult result)
    {
        ArgumentNullException.ThrowIfNull(batch);
        images += batch.Whole;
        WaitShare = (waited() - waitedBefore) / epochClock.Elapsed.TotalSeconds;
        MeanLoss = MeanLoss.Mean(result.Loss, step);
        long done = (long)(epoch - firstEpoch) * steps + step + 1 - before, left = (long)(epochs - epoch) * steps - step - 1;
        var remaining = training.Elapsed * ((double)left / done);
        return new StepInfo(epoch + 1, epochs, step + 1, steps, MeanLoss, result.Loss, result.GradNorm,
            batch.Whole, batch.TargetCount, batch.H, batch.W,
            backend.Allocator.LiveBytes, backend.Allocator.PeakBytes, Environment.WorkingSet,
            epochClock.Elapsed, images / epochClock.Elapsed.TotalSeconds, WaitShare, remaining);
    }
}
