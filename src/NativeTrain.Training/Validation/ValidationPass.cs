using System.Diagnostics;
using NativeTrain.Core;
using NativeTrain.Core.Ops;
using NativeTrain.Vision.Data;
using NativeTrain.Vision.Detect;
using NativeTrain.Vision.Metrics;
using NativeTrain.Vision.Models;

namespace NativeTrain.Training;

/// <summary>What a validation counts as a detection, and the loss it reports.</summary>
/// <param name="Conf">Least confidence.</param>
/// <param name="Iou">Overlap above which the less sure of two boxes goes.</param>
/// <param name="MaxDetections">Most detections an image.</param>
/// <param name="AgnosticNms">Boxes of different classes suppress each other too.</param>
/// <param name="Loss">Gains of the loss.</param>
public sealed record ValidationSettings(double Conf, double Iou, int MaxDetections, bool AgnosticNms, DetectionLossOptions Loss)
{
    public static ValidationSettings From(TrainOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        return new(options.Conf, options.Iou, options.MaxDetections, options.AgnosticNms, options.LossOptions);
    }
}

/// <summary>One image's detections beside the truth, in pixels of the original image.</summary>
public sealed record ValidatedImage(SampleInfo Sample, IReadOnlyList<Detection> Found, IReadOnlyList<TruthBox> Truth);

/// <summary>
/// Runs a model over a set and measures it: forward without recording, loss on the same forward, boxes from
/// the logits, non-maximum suppression, back to the original image, matching.
/// </summary>
public sealed class ValidationPass
{
    private readonly IBackend backend;
    private readonly ValidationSettings settings;
    private readonly ITrainingProgress progress;

    public ValidationPass(IBackend backend, ValidationSettings settings, ITrainingProgress progress)
    {
        this.backend = backend;
        this.settings = settings;
        this.progress = progress;
    }

    /// <summary>Called after each batch, while it is still loaded: its number from 0, the batch, what was found.</summary>
    public Action<int, DetectionBatch, IReadOnlyList<ValidatedImage>>? Observer { get; init; }

    /// <summary>Validates; null where it was cancelled.</summary>
    /// <param name="model">The model, with the weights to measure.</param>
    /// <param name="loader">The images.</param>
    /// <param name="names">Class names.</param>
    /// <param name="cancellation">Looked at between batches.</param>
    public ValidationResult? Run(YoloModel model, ValLoader loader, IReadOnlyList<string> names, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(loader);
        var clock = Stopwatch.StartNew();
        var metrics = new DetectionMetrics(names);
        var confusion = new ConfusionMatrix(names.Count);
        double box = 0, cls = 0, dfl = 0;
        int batches = 0, images = 0, objects = 0;
        foreach (var batch in loader.All())
        {
            using (batch)
            {
                if (cancellation.IsCancellationRequested) return null;
                var (loss, found) = Detect(model, batch);
                foreach (var image in found)
                {
                    metrics.Add(image.Found, image.Truth);
                    confusion.Add(image.Found, image.Truth);
                }
                (box, cls, dfl) = (box + loss.Box, cls + loss.Cls, dfl + loss.Dfl);
                Observer?.Invoke(batches, batch, found);
                batches++;
                images += batch.N;
                objects += batch.TargetCount;
                progress.OnValStep(new ValStepInfo(batches, loader.Batches, images, clock.Elapsed));
            }
        }
        var mean = new LossItems(box / batches, cls / batches, dfl / batches);
        return new ValidationResult(metrics.Compute(), confusion, mean, images, objects, clock.Elapsed);
    }

    private (LossItems Loss, ValidatedImage[] Images) Detect(YoloModel model, DetectionBatch batch)
    {
        using var tape = new Tape(backend, record: false, training: false);
        var head = (DetectOutput)model.Forward(tape, NetworkInput.From(tape, batch));
        var loss = DetectionLoss.Forward(tape, head.Box, head.Cls, head.Strides, batch.Targets, settings.Loss);
        var decoded = DetectionDecode.Forward(tape, head.Box, head.Cls, head.Strides);
        int anchors = decoded.Shape[1], row = decoded.C;
        float[] rows = backend.ToFloats(decoded);

        var images = new ValidatedImage[batch.N];
        Parallel.For(0, batch.N, i =>
        {
            var found = Nms.Run(rows.AsSpan(i * anchors * row, anchors * row), anchors, row - 4,
                (float)settings.Conf, (float)settings.Iou, settings.MaxDetections, multiLabel: true, settings.AgnosticNms);
            images[i] = new ValidatedImage(batch.Samples[i], [.. found.Select(d => ImageBoxes.ToOriginal(d, batch.Samples[i]))], ImageBoxes.Truth(batch, i));
        });
        return (TrainingStep.ReadItems(backend, loss.Items), images);
    }
}
