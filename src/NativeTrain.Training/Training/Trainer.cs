using System.Diagnostics;
using NativeTrain.Core;
using NativeTrain.Nn;
using NativeTrain.Vision.Data;
using NativeTrain.Vision.Models;

namespace NativeTrain.Training;

/// <summary>What a training left behind.</summary>
/// <param name="Folder">The run's folder (full path).</param>
/// <param name="Best">The best weights: weights/best.safetensors; absent if it was interrupted in the first epoch.</param>
/// <param name="Last">The latest weights: weights/last.safetensors.</param>
/// <param name="Epochs">Epochs completed.</param>
/// <param name="Interrupted">Whether it was cancelled.</param>
/// <param name="Validation">The validation of the best weights, as <see cref="Validator"/> gives it; null if interrupted.</param>
public sealed record TrainResult(string Folder, string Best, string Last, int Epochs, bool Interrupted, ValidationResult? Validation);

/// <summary>
/// Trains a model of any task: epochs of steps, each followed by a validation of the averaged weights, a checkpoint and
/// a line of results.csv; at the end a validation of the best weights.
/// </summary>
public sealed class Trainer : IDisposable
{
    private readonly IBackend backend;
    private readonly TrainOptions options;
    private readonly ITrainingProgress progress;
    private readonly CancellationToken cancellation;
    private readonly Stopwatch clock = Stopwatch.StartNew();

    private readonly TaskWork work;
    private readonly TaskData data;
    private readonly IImageSet trainSet, valSet;
    private readonly ITrainLoader trainLoader;
    private readonly IValLoader valLoader;
    private readonly YoloModel model;
    private readonly Recipe recipe;
    private readonly Optimizer optimizer;
    private readonly Ema ema;
    private readonly TrainingStep step;

    private readonly string folder;
    private readonly Checkpoints checkpoints;
    private readonly ResultsCsv results;
    private readonly EarlyStopping stopping;
    private readonly StepMeter meter;

    /// <summary>Runs a training from its options to its end.</summary>
    /// <param name="backend">Where to compute.</param>
    /// <param name="options">Of <see cref="Verb.Train"/>.</param>
    /// <param name="progress">Told of every step; null: nobody.</param>
    /// <param name="cancellation">Ends the training after the current step, with everything saved.</param>
    /// <exception cref="InputException">An option, the data set, the weights file or the disk is at fault; or the training diverged.</exception>
    public static TrainResult Run(IBackend backend, TrainOptions options, ITrainingProgress? progress = null, CancellationToken cancellation = default)
    {
        using var trainer = new Trainer(backend, options, progress ?? SilentProgress.Instance, cancellation);
        return trainer.Run();
    }

    private Trainer(IBackend backend, TrainOptions options, ITrainingProgress progress, CancellationToken cancellation)
    {
        this.backend = backend;
        this.options = options;
        this.progress = progress;
        this.cancellation = cancellation;

        work = TaskWork.For(ModelSource.TaskOf(options), options);
        data = work.OpenData(progress);
        trainSet = data.Open("train");
        valSet = data.Open("val");
        model = ModelSource.ForTraining(backend, options, data.Names.Count, progress);
        trainLoader = data.TrainLoader(trainSet, options.Batch);
        valLoader = data.ValLoader(valSet, 2 * options.Batch, rect: true);
        recipe = new Recipe(options, trainSet.Count, data.Names.Count, trainLoader.BatchesPerEpoch);
        optimizer = recipe.CreateOptimizer(backend, model.Parameters);
        ema = new Ema(backend, model.NamedTensors());
        step = new TrainingStep(backend, model, optimizer, ema, recipe, work, trainLoader.BatchesPerEpoch);

        folder = RunFolder.Create(options, work.Task);
        ArgsYaml.Write(Path.Combine(folder, "args.yaml"), options, work.Task);
        checkpoints = new Checkpoints(folder, options, model, data.Names);
        results = new ResultsCsv(Path.Combine(folder, "results.csv"), work.LossNames, work.Metrics);
        stopping = new EarlyStopping(options.Patience);
        meter = new StepMeter(backend, options.Epochs, trainLoader.BatchesPerEpoch, work.LossNames, () => trainLoader.WaitSeconds);
    }

    private TrainResult Run()
    {
        Announce();
        if (options.Plots) work.DrawLabels(folder, trainSet, data.Names);
        int epoch = 0;
        bool interrupted = false, stop = false;
        while (epoch < options.Epochs && !stop && !interrupted)
        {
            (interrupted, stop) = RunEpoch(epoch);
            if (!interrupted) epoch++;
        }
        if (interrupted) SaveInterrupted(epoch);
        if (options.Plots && results.Rows.Count > 0) TrainingPictures.Results(folder, results);
        var validation = interrupted ? null : ValidateBest();
        progress.OnRunEnd(new RunEndInfo(Verb.Train, folder, interrupted ? epoch + 1 : null, clock.Elapsed));
        return new TrainResult(folder, checkpoints.Best, checkpoints.Last, epoch, interrupted, validation);
    }

    private void Announce()
    {
        foreach (string notice in options.Notices) progress.OnMessage(notice);
        if (recipe.Notice is { } chosen) progress.OnMessage(chosen);
        progress.OnRunStart(new RunInfo(Verb.Train, folder, model.Spec.Name, model.ParameterCount, data.Names, backend.Name,
            trainSet.Count, valSet.Count, options.Epochs, trainLoader.BatchesPerEpoch, options.Batch, options.ImageSize, recipe.ToString(), work.LossNames, work.Metrics));
    }

    /// <summary>One pass over the training set and what follows it: whether it was cut off, and whether patience ran out.</summary>
    private (bool Interrupted, bool Stop) RunEpoch(int epoch)
    {
        var epochClock = Stopwatch.StartNew();
        meter.StartEpoch(epoch);
        if (recipe.MosaicEndsAt(epoch) && options.Mosaic > 0)
            progress.OnMessage($"mosaic and mixup are off from here on (close_mosaic={options.CloseMosaic})");

        int i = 0;
        foreach (var batch in trainLoader.Epoch(epoch, recipe.MosaicIn(epoch)))
        {
            using (batch)
            {
                if (cancellation.IsCancellationRequested) return (true, false);
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
        return recipe.MosaicEndsAt(epoch) ? epoch * trainLoader.BatchesPerEpoch + i : null;
    }

    /// <summary>Validation, checkpoint and a line of results, all of the averaged weights.</summary>
    private (bool Interrupted, bool Stop) FinishEpoch(int epoch, Stopwatch epochClock)
    {
        bool final = epoch + 1 == options.Epochs;
        ValidationResult? validation = null;
        bool best, stop;
        ema.SwapIn();
        try
        {
            if (options.Val || final)
            {
                validation = new ValidationPass(backend, work, progress).Run(model, valLoader, work.Measure(data.Names, folder: null), cancellation);
                if (validation is null) return (true, false);
            }
            best = validation is not null && validation.Fitness >= stopping.BestFitness;
            stop = validation is not null && stopping.Update(epoch + 1, validation.Fitness);
            if (options.Save || final || stop || best) checkpoints.Save(epoch + 1, validation?.Fitness, best);
        }
        finally
        {
            ema.SwapOut();
        }
        // A checkpoint and a validation leave tens of megabytes of large arrays, which the collector would let pile up.
        GC.Collect();
        results.Append(epoch + 1, clock.Elapsed, meter.MeanLoss, validation, [Rate(ParameterKind.Bias), Rate(ParameterKind.Weight), Rate(ParameterKind.Norm)]);
        progress.OnEpochEnd(new EpochInfo(epoch + 1, options.Epochs, meter.MeanLoss, validation, best, epochClock.Elapsed));
        if (stop) progress.OnMessage($"stopped early: no better fitness in {options.Patience} epochs; the best was epoch {stopping.BestEpoch} (patience={options.Patience})");
        return (false, stop);
    }

    private double Rate(ParameterKind kind) => optimizer.Groups.First(g => g.Kind == kind).LearningRate;

    private void SaveInterrupted(int epoch)
    {
        ema.SwapIn();
        checkpoints.SaveLast(epoch);
        ema.SwapOut();
        progress.OnMessage($"interrupted at epoch {epoch + 1}; the weights so far are in {checkpoints.Last}");
    }

    /// <summary>
    /// What the val verb says of best.safetensors, by its own code and defaults (its batch, its rect), with its
    /// pictures in this run's folder; only the data set is the one already open.
    /// </summary>
    private ValidationResult? ValidateBest()
    {
        var val = options.ForValidation(checkpoints.Best);
        return Validator.Run(backend, val, folder, valSet, progress, cancellation);
    }

    public void Dispose()
    {
        ema.Dispose();
        optimizer.Dispose();
        model.Dispose();
        trainLoader.Dispose();
        valLoader.Dispose();
        trainSet.Dispose();
        valSet.Dispose();
    }
}
