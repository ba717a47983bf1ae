using System.Diagnostics;
using NativeTrain.Core;
using NativeTrain.Vision.Data;
using NativeTrain.Vision.Models;

namespace NativeTrain.Training;

/// <summary>Runs a model over a set and measures it: forward without recording, loss on the same forward, then the task's measurement.</summary>
public sealed class ValidationPass
{
    private readonly IBackend backend;
    private readonly TaskWork work;
    private readonly ITrainingProgress progress;

    private readonly DataParallel ranks;

    /// <summary>Images measured at once: a whole batch, until memory runs out.</summary>
    private int most = int.MaxValue;

    /// <param name="backend">Where the model lives.</param>
    /// <param name="work">The model's task.</param>
    /// <param name="progress">Told of every batch.</param>
    /// <param name="ranks">The processes that share the batches, where <see cref="Measurement.Defers"/>; null: this one alone.</param>
    public ValidationPass(IBackend backend, TaskWork work, ITrainingProgress progress, DataParallel? ranks = null)
    {
        this.ranks = ranks ?? DataParallel.Alone;
        this.backend = backend;
        this.work = work;
        this.progress = progress;
    }

    /// <summary>Validates; null where it was cancelled.</summary>
    /// <param name="model">The model, with the weights to measure.</param>
    /// <param name="loader">The images.</param>
    /// <param name="measurement">Sees every batch and sums up.</param>
    /// <param name="cancellation">Looked at between batches.</param>
    public ValidationResult? Run(YoloModel model, IValLoader loader, Measurement measurement, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(loader);
        ArgumentNullException.ThrowIfNull(measurement);
        var clock = Stopwatch.StartNew();
        var mean = LossItems.Zero(work.LossNames);
        var shared = measurement.Defers ? new SharedValidation(measurement) : null;
        int batches = 0, images = 0, objects = 0;
        foreach (var batch in loader.All())
        {
            using (batch)
            {
                if (cancellation.IsCancellationRequested) return null;
                var items = Measure(model, batch, measurement);
                shared?.Add(items, batch);
                mean = mean.Mean(items, batches);
                batches++;
                images += batch.N;
                objects += batch.TargetCount;
                progress.OnValStep(new ValStepInfo(batches, loader.Shard.Count(loader.Batches), images, clock.Elapsed));
            }
        }
        if (shared is not null) (mean, images, objects) = shared.Gather(ranks.Collectives, loader, mean);
        return measurement.Result(mean, images, objects, clock.Elapsed);
    }

    /// <summary>Measures a batch, in parts from where memory ran out.</summary>
    private LossItems Measure(YoloModel model, ImageBatch batch, Measurement measurement)
    {
        LossItems? mean = null;
        for (int first = 0; first < batch.N;)
        {
            int n = Math.Min(most, batch.N - first);
            try
            {
                var items = MeasurePart(model, n == batch.N ? batch : batch.Part(first, n), measurement);
                mean = mean is null ? items : mean.Mean(items, first, n);
                first += n;
            }
            catch (OutOfDeviceMemoryException e) when (n > 1)
            {
                backend.Allocator.Trim();
                most = (n + 1) / 2;
                progress.OnMessage($"{e.Message.Split(';')[0]}: validation goes on with {most} images at once; nothing is lost");
            }
        }
        return mean!;
    }

    /// <summary>Memory runs out before the measurement has counted anything of the part, or not at all.</summary>
    private LossItems MeasurePart(YoloModel model, ImageBatch batch, Measurement measurement)
    {
        using var tape = new Tape(backend, record: false, training: false);
        var output = model.Forward(tape, NetworkInput.From(tape, batch));
        var loss = work.Loss(tape, output, batch);
        measurement.Add(tape, output, batch);
        return work.ReadItems(backend, loss.Items);
    }
}
