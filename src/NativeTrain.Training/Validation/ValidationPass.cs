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

    /// <param name="backend">Where the model lives.</param>
    /// <param name="work">The model's task.</param>
    /// <param name="progress">Told of every batch.</param>
    public ValidationPass(IBackend backend, TaskWork work, ITrainingProgress progress)
    {
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
        int batches = 0, images = 0, objects = 0;
        foreach (var batch in loader.All())
        {
            using (batch)
            {
                if (cancellation.IsCancellationRequested) return null;
                mean = mean.Mean(Measure(model, batch, measurement), batches);
                batches++;
                images += batch.N;
                objects += batch.TargetCount;
                progress.OnValStep(new ValStepInfo(batches, loader.Batches, images, clock.Elapsed));
            }
        }
        return measurement.Result(mean, images, objects, clock.Elapsed);
    }

    private LossItems Measure(YoloModel model, ImageBatch batch, Measurement measurement)
    {
        using var tape = new Tape(backend, record: false, training: false);
        var output = model.Forward(tape, NetworkInput.From(tape, batch));
        var loss = work.Loss(tape, output, batch);
        measurement.Add(tape, output, batch);
        return work.ReadItems(backend, loss);
    }
}
