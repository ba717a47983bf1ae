using System.Diagnostics;
using NativeTrain.Core;
using NativeTrain.Nn;
using NativeTrain.Vision.Data;
using NativeTrain.Vision.Models;

namespace NativeTrain.Training;

/// <summary>What a training left behind.</summary>
/// <param name="Folder">The run's folder (full path).</param>
/// <param name="Best">The best weights: weights/best.safetensors; absent if it was interrupted in the first epoch.</param>
/// <param name="Last">The weights of the last epoch: weights/last.safetensors; of an interrupted training also all that is needed to go on.</param>
/// <param name="Epochs">Epochs completed.</param>
/// <param name="Interrupted">Whether it was cancelled.</param>
/// <param name="Validation">The validation of the best weights, as <see cref="Validator"/> gives it; null if interrupted.</param>
public sealed record TrainResult(string Folder, string Best, string Last, int Epochs, bool Interrupted, ValidationResult? Validation);

/// <summary>
/// Trains a model of any task: epochs of steps, each followed by a validation of the averaged weights, a line of results.csv
/// and a checkpoint, from which an interrupted training goes on; at the end a validation of the best weights.
/// </summary>
public sealed class Trainer : IDisposable
{
    private readonly IBackend backend;
    private readonly TrainOptions options;
    private readonly ITrainingProgress progress;
    private readonly CancellationToken cancellation;
    private readonly Stopwatch clock = Stopwatch.StartNew();
    private readonly TimeSpan before;
    private readonly int firstEpoch;

    private readonly TaskWork work;
    private readonly TaskData data;
    private readonly IImageSet trainSet, valSet;
    private readonly ITrainLoader trainLoader;
    private readonly IValLoader valLoader;
    private readonly YoloModel model;
    private readonly Recipe recipe;
    private readonly Optimizer optimizer;
    private readonly Ema ema;
    private readonly Precision precision;
    private readonly TrainingStep step;
    private readonly ValidationPass pass;

    private readonly string folder;
    private readonly Checkpoints checkpoints;
    private readonly ResultsCsv results;
    private readonly TensorBoardWriter? board;
    private readonly EarlyStopping stopping;
    private readonly TimeLimit? limit;
    private readonly TrainingState state;
    private readonly (DataFiles Train, DataFiles Val) files;
    private readonly StepMeter meter;
    private readonly LoaderAdvice advice;

    /// <summary>Runs a training from its options to its end.</summary>
    /// <param name="backend">Where to compute.</param>
    /// <param name="options">Of <see cref="Verb.Train"/>.</param>
    /// <param name="progress">Told of every step; null: nobody.</param>
    /// <param name="cancellation">Ends the training after the current step; it can be resumed from the last epoch's end.</param>
    /// <exception cref="InputException">An option, the data set, the weights file or the disk is at fault; or the training diverged.</exception>
    public static TrainResult Run(IBackend backend, TrainOptions options, ITrainingProgress? progress = null, CancellationToken cancellation = default)
    {
        using var trainer = new Trainer(backend, ResumeOptions.Complete(options), progress ?? SilentProgress.Instance, cancellation);
        return trainer.Run();
    }

    private Trainer(IBackend backend, TrainOptions options, ITrainingProgress progress, CancellationToken cancellation)
    {
        this.backend = backend;
        this.progress = progress;
        this.cancellation = cancellation;

        var resumed = ResumedTraining.Of(options);
        work = TaskWork.For(resumed?.Task ?? ModelSource.TaskOf(options), options);
        data = work.OpenData(progress);
        trainSet = data.Open("train");
        valSet = data.Open("val");
        files = (Files(trainSet, options), Files(valSet, options));
        resumed?.CheckData(TrainFiles, files.Train, options.Data);
        resumed?.CheckData(ValFiles, files.Val, options.Data);
        precision = Precision.Of(options, backend);
        this.options = options = AutoBatch.Resolve(options, work, data.Names.Count, trainSet, valSet, precision.Type, progress);
        model = resumed?.OpenModel(backend) ?? ModelSource.ForTraining(backend, options, data.Names.Count, progress);
        ModelSource.Prepare(model, options, progress);
        trainLoader = data.TrainLoader(trainSet, options.Batch);
        valLoader = data.ValLoader(valSet, 2 * options.Batch, rect: true);
        recipe = new Recipe(options, trainSet.Count, data.Names.Count, trainLoader.BatchesPerEpoch, resumed?.PlannedEpochs);
        optimizer = recipe.CreateOptimizer(backend, model.Parameters);
        ema = new Ema(backend, model.NamedTensors());
        step = new TrainingStep(backend, model, optimizer, ema, recipe, work, trainLoader.BatchesPerEpoch, progress, precision.Type, precision.CreateScaler());
        pass = new ValidationPass(backend, work, progress);

        resumed?.CleanUp();
        folder = resumed?.Folder ?? RunFolder.Create(options, work.Task);
        ArgsYaml.Write(Path.Combine(folder, "args.yaml"), options.With("resume=false"), work.Task);
        checkpoints = new Checkpoints(folder, options, model, data.Names);
        results = new ResultsCsv(Path.Combine(folder, "results.csv"), work.LossNames, work.Metrics, step.Scaler);
        board = options.TensorBoard ? new TensorBoardWriter(folder) : null;
        stopping = new EarlyStopping(options.Patience);
        limit = options.Hours is { } hours ? new TimeLimit(hours) : null;
        state = new TrainingState(backend, model, optimizer, ema, step, recipe, stopping, results);
        if (resumed is not null) (firstEpoch, before) = resumed.Load(state);
        advice = new LoaderAdvice(LoaderSettings.Of(options, trainSet));
        meter = new StepMeter(backend, firstEpoch, trainLoader.BatchesPerEpoch, work.LossNames, () => trainLoader.WaitSeconds);
    }

    private const string TrainFiles = "data.train", ValFiles = "data.val";

    private TimeSpan Elapsed => before + clock.Elapsed;

    private static DataFiles Files(IImageSet set, TrainOptions options) => DataFiles.Of(set.Files, Path.GetDirectoryName(Path.GetFullPath(options.Data))!);

    private TrainResult Run()
    {
        Announce();
        if (options.Plots) work.DrawLabels(folder, trainSet, data.Names);
        int epoch = firstEpoch;
        if (epoch == 0) SaveStart();
        else AdjustToTime(epoch);
        bool interrupted = false;
        while (epoch < recipe.Epochs && !(options.Val && stopping.IsOver(epoch)) && !interrupted)
        {
            interrupted = !RunEpoch(epoch);
            if (!interrupted) epoch++;
        }
        if (options.Plots && results.Rows.Count > 0) TrainingPictures.Results(folder, results);
        var validation = interrupted ? null : ValidateBest();
        interrupted = validation is null;
        if (options.Plots && !interrupted) ResultsPage.Write(folder);
        if (interrupted) TellInterrupted(epoch);
        else checkpoints.Finish();
        progress.OnRunEnd(new RunEndInfo(Verb.Train, folder, interrupted ? epoch + 1 : null, clock.Elapsed));
        return new TrainResult(folder, checkpoints.Best, checkpoints.Last, epoch, interrupted, validation);
    }

    private void Announce()
    {
        foreach (string notice in work.Notices) progress.OnMessage(notice);
        if (recipe.Notice is { } chosen) progress.OnMessage(chosen);
        if (recipe.Reason is { } reason) progress.OnMessage(reason);
        if (precision.Notice is { } computed) progress.OnMessage(computed);
        if (options.Resume is { } path) progress.OnMessage($"going on after epoch {firstEpoch} from {path}");
        progress.OnRunStart(new RunInfo(Verb.Train, folder, model.Spec.Name, model.ParameterCount, data.Names, backend.Name,
            trainSet.Count, valSet.Count, options.Epochs, trainLoader.BatchesPerEpoch, options.Batch, options.ImageSize, recipe.ToString(), work.LossNames, work.Metrics));
    }

    /// <summary>A training can be resumed from its very start on, even where the first epoch is long.</summary>
    private void SaveStart()
    {
        if (!options.Save) return;
        ema.SwapIn();
        try { Save(0, fitness: null, best: false); }
        finally { ema.SwapOut(); }
    }

    /// <summary>Saves after so many epochs, with the averages swapped in.</summary>
    private void Save(int epochs, double? fitness, bool best) => checkpoints.Save(epochs, fitness, best,
        options.Save ? [.. state.Entries(epochs, Elapsed), files.Train.Entry(TrainFiles), files.Val.Entry(ValFiles)] : null);

    /// <summary>Lets the training have as many epochs as its time allows, judged after so many.</summary>
    private void AdjustToTime(int epochs)
    {
        if (limit is not null) recipe.Epochs = limit.Epochs(epochs, Elapsed);
    }

    /// <summary>One pass over the training set and what follows it; false where it was cut off.</summary>
    private bool RunEpoch(int epoch)
    {
        var epochClock = Stopwatch.StartNew();
        meter.StartEpoch(epoch, recipe.Epochs);
        if (work.HasMosaic && recipe.MosaicEndsAt(epoch))
            progress.OnMessage($"mosaic, mixup and copy_paste are off from here on (close_mosaic={options.CloseMosaic})");

        int i = 0;
        foreach (var batch in trainLoader.Epoch(epoch, recipe.MosaicIn(epoch)))
        {
            using (batch)
            {
                if (cancellation.IsCancellationRequested) return false;
                if (options.Plots && PictureNumber(epoch, i) is { } n) work.DrawBatch(folder, n, batch, data.Names);
                meter.StartStep();
                var result = step.Run(batch, epoch, i);
                progress.OnStep(meter.EndStep(batch, i, result));
                i++;
            }
        }
        return FinishEpoch(epoch, epochClock);
    }

    /// <summary>The number of the train_batchN.jpg to draw of a step: of the first three, and of the first three without mosaic.</summary>
    private int? PictureNumber(int epoch, int i)
    {
        if (i >= 3) return null;
        if (epoch == 0) return i;
        return work.HasMosaic && recipe.MosaicEndsAt(epoch) ? epoch * trainLoader.BatchesPerEpoch + i : null;
    }

    /// <summary>Validation, checkpoint and a line of results, all of the averaged weights.</summary>
    private bool FinishEpoch(int epoch, Stopwatch epochClock)
    {
        AdjustToTime(epoch + 1);
        bool final = epoch + 1 >= recipe.Epochs, best, stop;
        ValidationResult? validation = null;
        ema.SwapIn();
        try
        {
            if (options.Val || final)
            {
                validation = pass.Run(model, valLoader, work.Measure(data.Names, folder: null), cancellation);
                if (validation is null) return false;
            }
            best = validation is not null && validation.Fitness >= stopping.BestFitness;
            stop = validation is not null && stopping.Update(epoch + 1, validation.Fitness);
            results.Append(epoch + 1, Elapsed, meter.MeanLoss, validation, [Rate(ParameterKind.Bias), Rate(ParameterKind.Weight), Rate(ParameterKind.Norm)]);
            board?.Append(epoch + 1, results.Columns.Zip(results.Rows[^1]).Skip(2)); // all but epoch and time
            if (options.Save || final || stop || best) Save(epoch + 1, validation?.Fitness, best);
        }
        finally
        {
            ema.SwapOut();
        }
        // A checkpoint and a validation leave tens of megabytes of large arrays, which the collector would let pile up.
        GC.Collect();
        progress.OnEpochEnd(new EpochInfo(epoch + 1, recipe.Epochs, meter.MeanLoss, validation, best, epochClock.Elapsed));
        if (advice.After(meter.WaitShare) is { } slow) progress.OnMessage(slow);
        if (stop) progress.OnMessage($"stopped early: no better fitness in {options.Patience} epochs; the best was epoch {stopping.BestEpoch} (patience={options.Patience})");
        if (final && limit is not null) progress.OnMessage($"ended by time={options.Hours:g6} after epoch {epoch + 1}: another one would not fit");
        return true;
    }

    private double Rate(ParameterKind kind) => optimizer.Groups.First(g => g.Kind == kind).LearningRate;

    /// <summary>The weights of an epoch that was cut off are not kept: the training goes on from the end of the one before. Where nothing was saved to go on from, the weights at least are.</summary>
    private void TellInterrupted(int epoch)
    {
        if (!options.Save)
        {
            ema.SwapIn();
            checkpoints.Save(epoch, fitness: null, best: false, state: null);
            ema.SwapOut();
        }
        string where = epoch < recipe.Epochs ? $"at epoch {epoch + 1}" : "in the last validation";
        progress.OnMessage(options.Save
            ? $"interrupted {where}; go on with: train resume={checkpoints.Last}"
            : $"interrupted {where}; the weights so far are in {checkpoints.Last} (save=false: there is nothing to resume from)");
    }

    /// <summary>
    /// What the val verb says of best.safetensors, by its own code and defaults (its batch, its rect), with its
    /// pictures in this run's folder; only the data set is the one already open.
    /// </summary>
    private ValidationResult? ValidateBest()
    {
        var val = options.ForValidation(checkpoints.Best, Path.Combine(folder, "metrics.json"));
        return Validator.Run(backend, val, folder, valSet, progress, cancellation);
    }

    public void Dispose()
    {
        board?.Dispose();
        step.Dispose();
        ema.Dispose();
        optimizer.Dispose();
        model.Dispose();
        trainLoader.Dispose();
        valLoader.Dispose();
        trainSet.Dispose();
        valSet.Dispose();
    }
}
