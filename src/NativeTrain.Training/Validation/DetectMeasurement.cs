using NativeTrain.Core;
using NativeTrain.Core.Ops;
using NativeTrain.Vision.Data;
using NativeTrain.Vision.Detect;
using NativeTrain.Vision.Metrics;
using NativeTrain.Vision.Models;

namespace NativeTrain.Training;

/// <summary>One image's detections beside the truth, in pixels of the original image.</summary>
public sealed record ValidatedImage(SampleInfo Sample, IReadOnlyList<Detection> Found, IReadOnlyList<TruthBox> Truth);

/// <summary>Boxes from the logits, non-maximum suppression, back to the original image, matching with the truth.</summary>
internal sealed class DetectMeasurement(ValidationSettings settings, IReadOnlyList<string> names, DetectionFiles? files) : Measurement
{
    private readonly DetectionMetrics metrics = new(names);
    private readonly ConfusionMatrix confusion = new(names.Count);

    public override void Add(Tape tape, HeadOutput output, ImageBatch batch)
    {
        var head = (DetectOutput)output;
        var boxes = (DetectionBatch)batch;
        var decoded = DetectionDecode.Forward(tape, head.Box, head.Cls, head.Strides);
        int anchors = decoded.Shape[1], row = decoded.C;
        float[] rows = tape.Backend.ToFloats(decoded);

        var images = new ValidatedImage[batch.N];
        Parallel.For(0, batch.N, i =>
        {
            var found = Nms.Run(rows.AsSpan(i * anchors * row, anchors * row), anchors, row - 4,
                (float)settings.Conf, (float)settings.Iou, settings.MaxDetections, multiLabel: true, settings.AgnosticNms, classes: settings.Classes);
            images[i] = new ValidatedImage(batch.Samples[i], [.. found.Select(d => ImageBoxes.ToOriginal(d, batch.Samples[i]))], ImageBoxes.Truth(boxes, i));
        });
        foreach (var image in images)
        {
            metrics.Add(image.Found, image.Truth);
            confusion.Add(image.Found, image.Truth);
        }
        files?.Add(boxes, images);
    }

    public override ValidationResult Result(LossItems loss, int images, int objects, TimeSpan elapsed) =>
        new DetectionValidation(metrics.Compute(), null, confusion, loss, images, objects, elapsed);

    public override void Write(ValidationResult result) => files?.Write((DetectionValidation)result);
}
