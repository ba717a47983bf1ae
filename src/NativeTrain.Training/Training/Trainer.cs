using System.Diagnostics;
using NativeTrain.Core;
using NativeTrain.Nn;
using NativeTrain.Vision.Data;

namespace NativeTrain.Training;

/// <summary>
/// Trains a model of any task: epochs of steps, each followed by a validation of the averaged weights, a line of results.csv
/// and a checkpoint, from which an interrupted training goes on; at the end a validation of the best weights.
/// </summary>
public sealed class Trainer : IDisposable
{
    private readonly IBackend backend;
    private readonly ITrainingProgress progress;
    private readonly CancellationToken cancellation;
    private readonly Stopwatch clock = Stopwatch.StartNew();
    private readonly TimeSpan before;
    private readonly int firstEpoch;
    private readonly DataParallel ranks;

    /// <summary>What was done of the first epoch, where the training goes on amid one; and, of the epoch that is under way, how many steps.</summary>
    private readonly BegunEpoch? begun;
    private int step;

    private readonly TrainingSetup setup;
    private readonly ValidationPass pass;

    private readonly string folder;
    private readonly Checkpoints checkpoints;
    private readonly ResultsCsv results;
    private readonly TensorBoardWriter? board;
    private readonly EarlyStopping stopping;
    private readonly TimeLimit? limit;
    private readonly TrainingState state;
    private readonly StepMeter meter;
    private readonly LoaderAdvice advice;
    private readonly StepPictures? pictures;

    /// <summary>Runs a training from its options to its end.</summary>
    /// <param name="backend">Where to compute.</param>
    /// <param name="options">Of <see cref="Verb.Train"/>.</param>
    /// <param name="progress">Told of every step; null: nobody.</param>
    /// <param name="cancellation">Ends the training after the current step; it can be resumed from there.</param>
    /// <exception cref="InputException">An option, the data set, the weights file or the disk is at fault; or the training diverged.</exception>
    public static TrainResult Run(IBackend backend, TrainOptions options, ITrainingProgress? progress = null, CancellationToken cancellation = default) =>
        Run(backend, options, DataParallel.Alone, progress, cancellation);

    /// <summary>The same among several processes, each of which calls this.</summary>
    /// <param name="backend">Where to compute.</param>
    /// <param name="options">Of <see cref="Verb.Train"/>, the same in every process.</param>
    /// <param name="ranks">The processes. Rank 0 writes the files.</param>
    /// <param name="progress">Told of every step; null: nobody.</param>
    /// <param name="cancellation">Of any process, ends the training of all after the current step.</param>
    /// <exception cref="InputException">As above; or the processes are not of one mind.</exception>
    public static TrainResult Run(IBackend backend, TrainOptions options, DataParallel ranks, ITrainingProgress? progress = null, CancellationToken cancellation = default)
    {
        using var trainer = new Trainer(backend, ResumeOptions.Complete(options), ranks, progress ?? SilentProgress.Instance, cancellation);
        return trainer.Run();
    }

    private Trainer(IBackend backend, TrainOptions options, DataParallel ranks, ITrainingProgress progress, CancellationToken cancellation)
    {
        this.backend = backend;
        this.progress = progress;
        this.cancellation = cancellation;
        this.ranks = ranks;

        var resumed = ResumedTraining.Of(options);
        setup = new TrainingSetup(backend, options, resumed, progress, ranks);
        try
        {
            options = setup.Options;
            pass = new ValidationPass(backend, setup.Work, progress, ranks);

            if (ranks.Writes) resumed?.CleanUp();
            folder = ranks.OfFirst(!ranks.Writes ? "" : resumed?.Folder ?? RunFolder.Create(options, setup.Work.Task));
            if (ranks.Writes) ArgsYaml.Write(Path.Combine(folder, "args.yaml"), options.With("resume=false"), setup.Work.Task);
            checkpoints = new Checkpoints(folder, options, setup.Model, setup.Data.Names);
            results = new ResultsCsv(ranks.Writes ? Path.Combine(folder, "results.csv") : null, setup.Work.LossNames, setup.Work.Metrics, setup.Step.Scaler, goesOn: resumed is not null);
            board = options.TensorBoard && ranks.Writes ? new TensorBoardWriter(folder) : null;
            stopping = new EarlyStopping(options.Patience);
            limit = options.Hours is { } hours ? new TimeLimit(hours) : null;
            state = new TrainingState(backend, setup.Model, setup.Optimizer, setup.Ema, setup.Step, setup.Recipe, stopping, results, ranks);
            if (resumed is not null) (firstEpoch, before, begun) = resumed.Load(state);
            advice = new LoaderAdvice(LoaderSettings.Of(options, setup.TrainSet));
            pictures = Draws ? new StepPictures(folder, setup) : null;
            meter = new StepMeter(backend, firstEpoch, setup.TrainLoader.BatchesPerEpoch, setup.Work.LossNames, () => setup.TrainLoader.WaitSeconds);
        }
        catch
        {
            board?.Dispose();
            setup.Dispose(); // its loader's threads run already
            throw;
        }
    }

    private TrainOptions Options => setup.Options;

    private TimeSpan Elapsed => before + clock.Elapsed;

    /// <summary>Whether pictures are drawn, here.</summary>
    private bool Draws => Options.Plots && ranks.Writes;

    private TrainResult Run()
    {
        Announce();
        int epoch = firstEpoch;
        if (epoch > 0) AdjustToTime(epoch + (double)begun!.Steps / setup.TrainLoader.BatchesPerEpoch);
        // Without a best epoch yet (val=false) there is nothing to end with.
        if (stopping.BestEpoch == 0) setup.Recipe.Epochs = Math.Max(setup.Recipe.Epochs, epoch + 1);
        bool interrupted = false;
        while (epoch < setup.Recipe.Epochs && !(Options.Val && stopping.IsOver(epoch)) && !interrupted)
        {
            interrupted = !RunEpoch(epoch);
            if (!interrupted) epoch++;
        }
        pictures?.Labels();
        if (Draws && results.Rows.Count > 0) TrainingPictures.Results(folder, results);
        string where = interrupted ? $"at epoch {epoch + 1}, after step {step}" : "in the last validation";
        var validation = interrupted || !ranks.Writes ? null : ValidateBest();
        if (!interrupted) interrupted = ranks.Any(ranks.Writes && validation is null);
        if (Draws && !interrupted) ResultsPage.Write(folder);
        if (interrupted) TellInterrupted(where);
        else if (ranks.Writes) checkpoints.Finish();
        progress.OnRunEnd(new RunEndInfo(Verb.Train, folder, interrupted ? epoch + 1 : null, clock.Elapsed));
        return new TrainResult(folder, checkpoints.Best, checkpoints.Last, epoch, interrupted, validation);
    }

    private void Announce()
    {
        foreach (string notice in setup.Work.Notices) progress.OnMessage(notice);
        if (setup.Recipe.Notice is { } chosen) progress.OnMessage(chosen);
        if (setup.Recipe.Reason is { } reason) progress.OnMessage(reason);
        if (setup.Precision.Notice is { } computed) progress.OnMessage(computed);
        if (Options.Resume is { } path) progress.OnMessage($"going on after epoch {firstEpoch}{(begun is { Steps: > 0 } ? $", step {begun.Steps}" : "")} from {path}");
        progress.OnRunStart(new RunInfo(Verb.Train, folder, setup.Model.Spec.Name, setup.Model.ParameterCount, setup.Data.Names, backend.Description,
            setup.TrainSet.Count, setup.ValSet.Count, Options.Epochs, setup.TrainLoader.BatchesPerEpoch, Options.Batch, Options.ImageSize, setup.Recipe.ToString(), setup.Work.LossNames, setup.Work.Metrics));
    }

    /// <summary>Saves after so many epochs and steps of the next, with the averages swapped in; of several processes rank 0 does, and all make sure that they agree.</summary>
    private void Save(int epochs, double? fitness, bool best, int steps = 0)
    {
        RankAgreement.CheckWeights(ranks, backend, setup.Model, setup.Ema, epochs, steps);
        if (setup.Step.HasGradients(epochs, steps)) setup.Step.GatherGradients();
        if (!ranks.Writes) return;
        var done = new BegunEpoch(steps, steps == 0 ? new double[setup.Work.LossNames.Count] : meter.MeanLoss.Values);
        try
        {
            checkpoints.Save(epochs, fitness, best, Options.Save ? [.. state.Entries(epochs, Elapsed, done), .. setup.Files.Entries] : null, amid: steps > 0);
        }
        catch (InputException e) when (Options.Save && epochs > 0)
        {
            throw new InputException($"{e.Message} The checkpoint before this one is whole; go on with: train resume={checkpoints.Last}", e);
        }
    }

    /// <summary>Lets the training have as many epochs as its time allows, judged after so many and a part of the next.</summary>
    private void AdjustToTime(double epochs)
    {
        if (limit is not null) setup.Recipe.Epochs = (int)ranks.OfFirst(limit.Epochs(epochs, Elapsed));
    }

    /// <summary>One pass over the training set and what follows it; false where it was cut off.</summary>
    private bool RunEpoch(int epoch)
    {
        var epochClock = Stopwatch.StartNew();
        step = epoch == firstEpoch && begun is not null ? begun.Steps : 0;
        meter.StartEpoch(epoch, setup.Recipe.Epochs, step > 0 ? begun : null);
        if (step > 0) setup.Step.Resume(epoch, step); // where no step is left, results.csv tells the rates of the last
        if (setup.Work.HasMosaic && setup.Recipe.MosaicEndsAt(epoch))
            progress.OnMessage($"mosaic, mixup and copy_paste are off from here on (close_mosaic={Options.CloseMosaic})");

        foreach (var batch in UploadAhead.Of(setup.Batches(epoch, step), backend))
        {
            using (batch)
            {
                RunStep(batch, epoch);
                pictures?.Draw(batch, epoch, step);
                step++;
            }
            if (ranks.Any(cancellation.IsCancellationRequested)) return CutOff(epoch);
            if (begun is null && epoch == 0 && step == 1) SaveStep(epoch);
        }
        return FinishEpoch(epoch, epochClock) || CutOff(epoch);
    }

    private void RunStep(ImageBatch batch, int epoch)
    {
        meter.StartStep();
        StepResult result;
        try
        {
            result = setup.Step.Run(batch, epoch, step);
        }
        catch (InputException)
        {
            DrawWhatFailed(batch, epoch);
            throw;
        }
        progress.OnStep(meter.EndStep(batch, step, result));
    }

    /// <summary>Where training diverges at once, its pictures may tell why; that they cannot be drawn is the lesser trouble.</summary>
    private void DrawWhatFailed(ImageBatch batch, int epoch)
    {
        try { pictures?.Draw(batch, epoch, step); }
        catch (InputException e) { progress.OnMessage(e.Message); }
    }

    /// <summary>Saves what is done of an epoch that is cut off, so that the training goes on after this very step; always false.</summary>
    private bool CutOff(int epoch)
    {
        SaveStep(epoch);
        return false;
    }

    /// <summary>Saves after the steps of an epoch that are done. So a training can be resumed from its first step on, even where the first epoch is long.</summary>
    private void SaveStep(int epoch)
    {
        if (!Options.Save) return;
        setup.Ema.SwapIn();
        try { Save(epoch, fitness: null, best: false, step); }
        finally { setup.Ema.SwapOut(); }
    }

    /// <summary>Validation, checkpoint and a line of results, all of the averaged weights.</summary>
    private bool FinishEpoch(int epoch, Stopwatch epochClock)
    {
        AdjustToTime(epoch + 1);
        bool final = epoch + 1 >= setup.Recipe.Epochs, best, stop;
        ValidationResult? validation = null;
        setup.Ema.SwapIn();
        try
        {
            if (Options.Val || final)
            {
                validation = pass.Run(setup.Model, setup.ValLoader, setup.Work.Measure(setup.Data.Names, folder: null, defers: !ranks.IsAlone), ranks.IsAlone ? cancellation : default);
                if (validation is null) return false;
            }
            best = validation is not null && validation.Fitness >= stopping.BestFitness;
            stop = validation is not null && stopping.Update(epoch + 1, validation.Fitness);
            results.Append(epoch + 1, Elapsed, meter.MeanLoss, validation, [Rate(ParameterKind.Bias), Rate(ParameterKind.Weight), Rate(ParameterKind.Norm)]);
            board?.Append(epoch + 1, results.Columns.Zip(results.Rows[^1]).Skip(2)); // all but epoch and time
            if (Options.Save || final || stop || best) Save(epoch + 1, validation?.Fitness, best);
        }
        finally
        {
            setup.Ema.SwapOut();
        }
        // A checkpoint and a validation leave tens of megabytes of large arrays, which the collector would let pile up.
        GC.Collect();
        progress.OnEpochEnd(new EpochInfo(epoch + 1, setup.Recipe.Epochs, meter.MeanLoss, validation, best, epochClock.Elapsed));
        if (advice.After(meter.WaitShare) is { } slow) progress.OnMessage(slow);
        if (stop) progress.OnMessage($"stopped early: no better fitness in {Options.Patience} epochs; the best was epoch {stopping.BestEpoch} (patience={Options.Patience})");
        if (final && limit is not null) progress.OnMessage($"ended by time={Options.Hours:g6} after epoch {epoch + 1}: another one would not fit");
        return true;
    }

    private double Rate(ParameterKind kind) => setup.Optimizer.Groups.First(g => g.Kind == kind).LearningRate;

    /// <summary>Where nothing was saved to go on from, the weights at least are.</summary>
    private void TellInterrupted(string where)
    {
        if (!Options.Save && ranks.Writes)
        {
            setup.Ema.SwapIn();
            checkpoints.Save(results.Rows.Count, fitness: null, best: false, state: null);
            setup.Ema.SwapOut();
        }
        progress.OnMessage(Options.Save
            ? $"interrupted {where}; go on with: train resume={checkpoints.Last}"
            : $"interrupted {where}; the weights so far are in {checkpoints.Last} (save=false: there is nothing to resume from)");
    }

    /// <summary>
    /// What the val verb says of best.safetensors, by its own code and defaults (its batch, its rect), with its
    /// pictures in this run's folder; only the data set is the one already open.
    /// </summary>
    private ValidationResult? ValidateBest()
    {
        var val = Options.ForValidation(checkpoints.Best, Path.Combine(folder, "metrics.json"));
        return Validator.Run(backend, val, folder, setup.ValSet, progress, cancellation);
    }

    public void Dispose()
    {
        board?.Dispose();
        setup.Dispose();
    }
}
