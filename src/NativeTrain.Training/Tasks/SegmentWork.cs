using NativeTrain.Core;
using NativeTrain.Vision.Segment;
using NativeTrain.Vision.Data;
using NativeTrain.Vision.Models;

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

    public override TaskLoss Loss(Tape tape, HeadOutput output, ImageBatch batch)
    {
        var head = (SegmentOutput)output;
        var truth = (DetectionBatch)batch;
        var loss = SegmentationLoss.Forward(tape, head, truth.Targets, truth.Masks, Options.LossOptions);
        return new TaskLoss(loss.Loss, loss.Items);
    }

    public override IPredictor Predictor(YoloModel model, IReadOnlyList<string> names) => new SegmentPredictor(model, Options, names);
}
