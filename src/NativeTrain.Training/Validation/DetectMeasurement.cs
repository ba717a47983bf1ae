using NativeTrain.Core;
using NativeTrain.Core.Ops;
using NativeTrain.Vision.Data;
using NativeTrain.Vision.Detect;
using NativeTrain.Vision.Metrics;
using NativeTrain.Vision.Models;

namespace NativeTrain.Training;

/// <summary>One image's detections beside the truth, in pixels of the original image.</summary>
public sealed record ValidatedImage(SampleInfo Sample, IReadOnlyList<Detection> Found, IReadOnlyList<TruthBox> Truth)
{
    /// <summary>Where the task has masks, those of the detections and of the truth, at a quarter of the network's input.</summary>
    public ValidatedMasks? Masks { get; init; }
}

/// <summary>An image's masks.</summary>
/// <param name="Found">A mask for each detection.</param>
/// <param name="Truth">A mask for each true object: what of it is not under a smaller one.</param>
/// <param name="Outlines">The outline of each detection in pixels of the original image; empty where nobody asked.</param>
public sealed record ValidatedMasks(IReadOnlyList<BitMask> Found, IReadOnlyList<BitMask> Truth, IReadOnlyList<float[]> Outlines);

/// <summary>
/// Boxes from the logits, non-maximum suppression, back to the original image, matching with the truth; where the model
/// segments, the same with masks.
/// </summary>
internal sealed class DetectMeasurement(ValidationSettings settings, IReadOnlyList<string> names, DetectionFiles? files) : Measurement
{
    private readonly DetectionMetrics boxes = new(names);
    private readonly DetectionMetrics masks = new(names);
    private readonly ConfusionMatrix confusion = new(names.Count);
    private readonly List<CountedImage> waiting = [];
    private bool segments;

    public override void Add(Tape tape, HeadOutput output, ImageBatch batch)
    {
        var head = (DetectOutput)output;
        var truth = (DetectionBatch)batch;
        var decoded = DetectionDecode.Forward(tape, head.Box, head.Cls, head.Strides);
        int anchors = decoded.Shape[1], row = decoded.C;
        float[] rows = tape.Backend.ToFloats(decoded);
        var host = output is SegmentOutput segment ? new HostMasks(tape.Backend, segment) : null;
        segments |= host is not null;

        var images = new ValidatedImage[batch.N];
        Parallel.For(0, batch.N, i =>
        {
            var kept = new List<int>();
            var found = Nms.Run(rows.AsSpan(i * anchors * row, anchors * row), anchors, row - 4,
                (float)settings.Conf, (float)settings.Iou, settings.MaxDetections, multiLabel: true, settings.AgnosticNms, kept, settings.Classes);
            var sample = batch.Samples[i];
            Detection[] inImage = [.. found.Select(d => ImageBoxes.ToOriginal(d, sample))];
            images[i] = new ValidatedImage(sample, inImage, ImageBoxes.Truth(truth, i))
            {
                Masks = host is null ? null : Masks(host, i, found, inImage, kept, truth),
            };
        });
        foreach (var counted in images.Select(ToCount))
        {
            if (Defers) waiting.Add(counted);
            else Count(counted);
        }
        files?.Add(truth, images);
    }

    private ValidatedMasks Masks(HostMasks host, int image, List<Detection> found, Detection[] inImage, List<int> anchors, DetectionBatch batch)
    {
        float[] coefficients = host.Coefficients(image, anchors);
        var assembly = host.Assembly(image);
        IReadOnlyList<float[]> outlines = files is { WantsOutlines: true }
            ? [.. assembly.InImage(inImage, coefficients, batch.Samples[image]).Select(m => MaskOutline.Largest(m))]
            : [];
        return new ValidatedMasks(assembly.AtPrototypes(found, coefficients), BatchMasks.Truth(batch, image), outlines);
    }

    private static CountedImage ToCount(ValidatedImage image) => new([.. image.Found], [.. image.Truth], image.Masks is not { } m ? null
        : MaskOverlap.Matrix(m.Found, [.. image.Found.Select(d => d.Class)], m.Truth, [.. image.Truth.Select(t => t.Class)]));

    private void Count(CountedImage image)
    {
        boxes.Add(image.Found, image.Truth);
        confusion.Add(image.Found, image.Truth);
        if (image.MaskIou is { } iou) masks.Add(image.Found, image.Truth, iou);
    }

    public override byte[] TakeFound()
    {
        using var bytes = new MemoryStream();
        using var writer = new BinaryWriter(bytes);
        writer.Write(segments);
        writer.Write(waiting.Count);
        foreach (var image in waiting) image.Write(writer);
        waiting.Clear();
        return bytes.ToArray();
    }

    public override void Count(byte[] found)
    {
        using var reader = new BinaryReader(new MemoryStream(found));
        segments |= reader.ReadBoolean();
        for (int left = reader.ReadInt32(); left > 0; left--) Count(CountedImage.Read(reader));
    }

    public override ValidationResult Result(LossItems loss, int images, int objects, TimeSpan elapsed) =>
        new DetectionValidation(boxes.Compute(), segments ? masks.Compute() : null, confusion, loss, images, objects, elapsed);

    public override void Write(ValidationResult result) => files?.Write((DetectionValidation)result);
}
