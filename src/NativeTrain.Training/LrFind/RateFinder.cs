using System.Globalization;
using NativeTrain.Core;
using NativeTrain.Nn;
using NativeTrain.Vision.Data;
using NativeTrain.Vision.Models;
using NativeTrain.Vision.Plots;

namespace NativeTrain.Training;

/// <summary>What a range test found and where it is written.</summary>
/// <param name="Folder">Holds lrfind.csv and lrfind.png, and nothing else.</param>
/// <param name="Test">The rates and losses.</param>
public sealed record RateFinding(string Folder, RateTest Test);

/// <summary>Runs a learning-rate range test of a model on a data set: a step a batch, in fp32, without warm-up or schedule.</summary>
public static class RateFinder
{
    /// <param name="backend">Where to compute.</param>
    /// <param name="options">Of a training: model, data, batch, optimizer, augmentation.</param>
    /// <param name="test">The rates to go through.</param>
    /// <param name="progress">Told of what is read.</param>
    /// <param name="cancellation">Ends the test after the current step; what was measured is written.</param>
    /// <exception cref="InputException">An option, the data set or the disk is at fault, or the first loss is no number.</exception>
    public static RateFinding Run(IBackend backend, TrainOptions options, RateTest test, ITrainingProgress progress, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(test);
        if (options.Resume is not null) throw new InputException("lrfind starts anew; give model= instead of resume=");
        if (options.BatchShare is not null) throw new InputException("lrfind finds no batch by itself; give batch= a number of images");
        var work = TaskWork.For(ModelSource.TaskOf(options), options);
        var data = work.OpenData(progress);
        using var set = data.Open("train");
        using var model = ModelSource.ForTraining(backend, options, data.Names.Count, progress);
        ModelSource.Prepare(model, options, progress);
        using var loader = data.TrainLoader(set, options.Batch, backend);
        var recipe = new Recipe(options, set.Count, data.Names.Count, loader.BatchesPerEpoch);
        using var optimizer = recipe.CreateOptimizer(backend, model.Parameters);
        foreach (string notice in work.Notices) progress.OnMessage(notice);
        progress.OnMessage($"optimizer: {recipe.Optimizer}");
        Measure(backend, work, model, optimizer, Batches(loader), test, options.Graphs, progress, cancellation);
        if (test.Points.Count == 0) cancellation.ThrowIfCancellationRequested();
        if (test.Points.Count == 0) throw new InputException("the first loss is no number already: look at the data set and the weights");
        return new RateFinding(Write(options.Name is null ? options.With("name=lrfind") : options, work.Task, test), test);
    }

    private static IEnumerable<ImageBatch> Batches(ITrainLoader loader)
    {
        for (int epoch = 0; ; epoch++)
            foreach (var batch in loader.Epoch(epoch, mosaic: true))
                yield return batch;
    }

    private static void Measure(IBackend backend, TaskWork work, YoloModel model, Optimizer optimizer, IEnumerable<ImageBatch> batches, RateTest test, bool graphs, ITrainingProgress progress, CancellationToken cancellation)
    {
        using var replays = new Replays(backend, graphs, progress.OnMessage);
        var pass = new GradientPass(backend, model, work, replays);
        int step = 0;
        foreach (var batch in batches)
        {
            using (batch)
            {
                if (cancellation.IsCancellationRequested) return;
                if (!test.Add(pass.Run(batch, seed: 1, work.RandomKey(0, step)).Total)) return;
                foreach (var group in optimizer.Groups) group.LearningRate = (float)test.Rate(step);
                double norm = optimizer.GradNorm();
                if (!double.IsFinite(norm)) return;
                optimizer.Step((float)Math.Min(1, TrainingStep.MaxGradNorm / (norm + 1e-6)));
                optimizer.ZeroGrad();
                step++;
            }
        }
    }

    private static string Write(TrainOptions options, YoloTask task, RateTest test)
    {
        string folder = RunFolder.Create(options, task);
        AtomicFile.WriteText(Path.Combine(folder, "lrfind.csv"), "lr,loss,smoothed\n" + string.Concat(test.Points.Select(p =>
            string.Create(CultureInfo.InvariantCulture, $"{p.Rate:g6},{p.Loss:g6},{p.Smoothed:g6}\n"))));
        RatePlot.Write(Path.Combine(folder, "lrfind.png"), [.. test.Points.Select(p => p.Rate)], [.. test.Points.Select(p => p.Loss)],
            [.. test.Points.Select(p => p.Smoothed)], test.Steepest, test.TenthOfLeast);
        return folder;
    }
}
