using NativeTrain.Core;
using NativeTrain.Vision.Data;
using NativeTrain.Vision.Models;
using NativeTrain.Vision.Segment;

namespace NativeTrain.Training;

/// <summary>Finding objects and their masks.</summary>
internal sealed class SegmentWork(TrainOptions options) : DetectWork(options)
{
    public override YoloTask Task => YoloTask.Segment;
    public override IReadOnlyList<string> LossNames { get; } = ["box", "seg", "cls", "dfl"];
    public override IReadOnlyList<MetricName> Metrics { get; } = [.. MetricsOf("B", "(B)"), .. MetricsOf("M", "(M)")];

    public override TaskData OpenData(ITrainingProgress progress) => new DetectionData(Options, progress, masks: true);

    public override ImageBatch Blank(int n, int h, int w, int objects) =>
        new DetectionBatch(PixelBuffer.None) { N = n, H = h, W = w, Samples = [], Targets = new float[6 * objects], Masks = new int[n * (h / 4) * (w / 4)] };

    /// <summary>The targets, and the map of masks.</summary>
    public override IReadOnlyList<HostTensor> Truth(ImageBatch batch, int classes)
    {
        int[] masks = ((DetectionBatch)batch).Masks ?? throw new ArgumentException("a batch without masks is none to segment", nameof(batch));
        return [.. base.Truth(batch, classes), new HostTensor(new Shape(batch.N, batch.H / 4, batch.W / 4), masks)];
    }

    public override TaskLoss Loss(Tape tape, HeadOutput output, IReadOnlyList<Tensor> truth)
    {
        var loss = SegmentationLoss.Forward(tape, (SegmentOutput)output, truth[0], truth[1], Options.LossOptions);
        return new TaskLoss(loss.Loss, loss.Items);
    }

    /// <summary>Also the map of masks, 4 bytes for each of its 4×4 pixels.</summary>
    public override long LoadedBytes(int h, int w) => base.LoadedBytes(h, w) + 4L * (h / 4) * (w / 4);

    /// <summary>Also the prototypes and coefficients, and a mask for each of the most detections, a bit a pixel in rows of whole words.</summary>
    public override long MeasuredBytes(Tape tape, HeadOutput output)
    {
        var head = (SegmentOutput)output;
        var prototypes = head.Prototypes.Shape;
        long masks = (long)prototypes[0] * Options.MaxDetections * prototypes[1] * 8 * ((prototypes[2] + 63) / 64);
        return base.MeasuredBytes(tape, output) + 4L * head.Prototypes.Count + head.Coefficients.Sum(c => 4L * c.Count) + masks;
    }
}
