using NativeTrain.Core;
using NativeTrain.Nn;
using NativeTrain.Vision.Data;
using NativeTrain.Vision.Models;

namespace NativeTrain.Training;

/// <summary>What one micro-batch gave.</summary>
/// <param name="Loss">Its losses.</param>
/// <param name="GradNorm">Norm of the accumulated gradients before clipping, where the weights changed; else null (no step yet, or one that overflowed half precision and was left out).</param>
public readonly record struct StepResult(LossItems Loss, double? GradNorm);

/// <summary>
/// One training step, as the data walks it: bytes → device → forward → loss → backward; and, once enough
/// micro-batches have added up, clip → optimizer → average of the weights. How many are enough is counted
/// across the ends of epochs.
/// </summary>
public sealed class TrainingStep : IDisposable
{
    /// <summary>Gradients longer than this are shortened to it.</summary>
    public const double MaxGradNorm = 10;

    private readonly Optimizer optimizer;
    private readonly Ema ema;
    private readonly Recipe recipe;
    private readonly TaskWork work;
    private readonly int stepsPerEpoch;
    private readonly Replays replays;
    private readonly GradientPass pass;
    private readonly BatchParts parts;
    private readonly StepSnapshot? snapshot;
    private readonly ITimeline? timeline;
    private readonly DataParallel ranks;
    private readonly GradientReducer? reducer;
    private readonly RunningStatistics? statistics;

    /// <param name="backend">Where the model lives.</param>
    /// <param name="model">The model to train.</param>
    /// <param name="optimizer">Over the model's parameters.</param>
    /// <param name="ema">The average of the model's weights.</param>
    /// <param name="recipe">Learning rates, momentum and accumulation at every iteration.</param>
    /// <param name="work">The model's task, for its loss.</param>
    /// <param name="stepsPerEpoch">Batches in an epoch.</param>
    /// <param name="progress">Told where memory runs out; null: nobody.</param>
    /// <param name="precision">Element type of the feature maps.</param>
    /// <param name="scaler">Scales the loss; null: it stays as it is.</param>
    /// <param name="graphs">Whether the device may replay steps of the same shapes, where it can: the bits are the same.</param>
    /// <param name="ranks">The processes that train together; null: this one alone.</param>
    public TrainingStep(IBackend backend, YoloModel model, Optimizer optimizer, Ema ema, Recipe recipe, TaskWork work, int stepsPerEpoch,
        ITrainingProgress? progress = null, DType precision = DType.F32, LossScaler? scaler = null, bool graphs = true, DataParallel? ranks = null)
    {
        this.optimizer = optimizer;
        this.ema = ema;
        this.recipe = recipe;
        this.work = work;
        this.stepsPerEpoch = stepsPerEpoch;
        Scaler = scaler;
        timeline = progress?.Timeline;
        progress ??= SilentProgress.Instance;
        replays = new Replays(backend, graphs, progress.OnMessage);
        this.ranks = ranks ??= DataParallel.Alone;
        pass = new GradientPass(backend, model, work, replays, precision, timeline, ranks);
        parts = new BatchParts(backend.Allocator, progress, divides: ranks.IsAlone);
        if (ranks.IsAlone)
        {
            snapshot = new StepSnapshot(backend, model, graphs);
            return;
        }
        reducer = new GradientReducer(ranks.Collectives, backend, [.. model.Parameters]);
        if (!ranks.SyncBatchNorm) statistics = new RunningStatistics(ranks.Collectives, backend, model);
    }

    /// <summary>Sees the step's kernels and nodes, and keeps the step from being replayed; null: no one looks.</summary>
    public ITapeObserver? Observer { get; set; }

    /// <summary>The iteration of the last update, −1 before the first.</summary>
    public long LastUpdate { get; set; } = -1;

    /// <summary>In how many parts batches are computed: 1 until memory runs out. Several processes compute theirs whole, also where one process that is resumed had to cut them.</summary>
    public int Parts
    {
        get => parts.Count;
        set => parts.Count = ranks.IsAlone ? value : 1;
    }

    /// <summary>Whether gradients stand after so many epochs and steps of the next that have made no update yet.</summary>
    public bool HasGradients(int epochs, int steps = 0) => LastUpdate < (long)epochs * stepsPerEpoch + steps - 1;

    /// <summary>Of several processes, each with gradients that have made no update yet: rank 0 gets their sum, which is saved, and the others begin at zero.</summary>
    public void GatherGradients()
    {
        if (reducer is null) return;
        reducer.Finish();
        if (!ranks.Writes) optimizer.ZeroGrad();
    }

    /// <summary>What keeps the gradients of a half-precision network in range; null in other types.</summary>
    public LossScaler? Scaler { get; }

    /// <summary>Batches or parts of them whose forward and backward pass the device replayed so far.</summary>
    public long Replayed => replays.Count;

    /// <summary>Sets rates and momentum as they were after so many steps of an epoch (from 0).</summary>
    public void Resume(int epoch, int steps) => recipe.Warmup.Apply(optimizer, (long)epoch * stepsPerEpoch + steps - 1, recipe.Factor(epoch));

    /// <summary>Trains on one batch.</summary>
    /// <param name="batch">Pictures, and what is true of them.</param>
    /// <param name="epoch">From 0.</param>
    /// <param name="step">Of the epoch, from 0.</param>
    /// <exception cref="InputException">A loss or the gradients are no finite numbers; the weights are left as they were.</exception>
    public StepResult Run(ImageBatch batch, int epoch, int step)
    {
        ArgumentNullException.ThrowIfNull(batch);
        long iteration = step + (long)epoch * stepsPerEpoch;
        recipe.Warmup.Apply(optimizer, iteration, recipe.Factor(epoch));
        bool updates = iteration - LastUpdate >= recipe.Warmup.Accumulate(iteration);
        using (timeline.Span("step", "snapshot")) snapshot?.Take(withGradients: iteration - LastUpdate > 1);
        var items = parts.Run(batch, part => ForwardBackward(part, (float)part.N / batch.N, epoch, step, updates), Undo);
        if (!ranks.IsAlone) items = Agree(batch, items, epoch, step, updates);
        if (!updates) return new StepResult(items, null);
        double? norm = Update(epoch, step);
        LastUpdate = iteration;
        return new StepResult(items, norm);
    }

    /// <summary>Takes a step back for want of memory, with what the device holds for replays.</summary>
    private void Undo()
    {
        replays.Clear();
        snapshot?.Restore();
    }

    /// <summary>What this process has computed becomes what all have: the loss, the running statistics and, for an update, the gradients. So all update alike.</summary>
    private LossItems Agree(ImageBatch batch, LossItems part, int epoch, int step, bool updates)
    {
        using var span = timeline.Span("step", "all_reduce");
        if (updates) reducer!.Finish();
        statistics?.Average(ranks.ShareOf(batch)!);
        var items = ranks.Sum(part);
        CheckFinite(items, epoch, step);
        return items;
    }

    /// <summary>What random ops draw from: of each process something else, for its images are others.</summary>
    private ulong RandomKey(int epoch, int step) => work.RandomKey(epoch, step) ^ (ulong)ranks.Collectives.Rank << 48;

    /// <param name="batch">A batch or a part of it.</param>
    /// <param name="share">Its share of the whole batch.</param>
    /// <param name="epoch">From 0.</param>
    /// <param name="step">Of the epoch, from 0.</param>
    /// <param name="updates">Whether an update follows, for which gradients may be sent as soon as they are complete.</param>
    private LossItems ForwardBackward(ImageBatch batch, float share, int epoch, int step, bool updates)
    {
        var items = pass.Run(batch, (work.LossIsMean ? share : 1) * (float)(Scaler?.Scale ?? 1), RandomKey(epoch, step), Observer, updates && reducer is not null ? reducer.Add : null);
        if (ranks.IsAlone) CheckFinite(items, epoch, step);
        return items;
    }

    /// <summary>Norm of the gradients, unscaled; null where the scaler leaves the step out, for they overflowed.</summary>
    private double? Update(int epoch, int step)
    {
        using var whole = timeline.Span("step", "update");
        double scale = Scaler?.Scale ?? 1, norm = 0;
        Watched("gradient_norm", () => norm = optimizer.GradNorm() / scale);
        if (Scaler?.Update(norm) == false)
        {
            optimizer.ZeroGrad();
            return null;
        }
        if (!double.IsFinite(norm)) throw Diverged("the gradients' norm", norm, epoch, step);
        Watched("step", () => optimizer.Step((float)(Math.Min(1, MaxGradNorm / (norm + 1e-6)) / scale)));
        Watched("zero_gradients", optimizer.ZeroGrad);
        Watched("average", ema.Update);
        return norm;
    }

    /// <summary>Runs a part of the update, which no tape records, through the observer where there is one.</summary>
    private void Watched(string pass, Action work)
    {
        if (Observer is { } o) o.Run(new KernelLaunch("optimizer", "optimizer", pass, default), work);
        else work();
    }

    private void CheckFinite(LossItems items, int epoch, int step)
    {
        foreach (var (name, value) in items.Names.Zip(items.Values))
            if (!double.IsFinite(value)) throw Diverged(name == "loss" ? "the loss" : $"the {name} loss", value, epoch, step);
    }

    private InputException Diverged(string what, double value, int epoch, int step) =>
        new($"training diverged: {what} is {value} at epoch {epoch + 1}, step {step + 1} (lr {optimizer.Groups[0].LearningRate:g4}); " +
            "try a lower lr0 with optimizer= named. The weights of the epochs before are kept.");

    public void Dispose()
    {
        replays.Dispose();
        snapshot?.Dispose();
        statistics?.Dispose();
    }
}
