using NativeTrain.Core;
using NativeTrain.Core.Ops;
using NativeTrain.Vision.Data;
using NativeTrain.Vision.Models;

namespace NativeTrain.Training;

/// <summary>Finding objects: boxes and classes.</summary>
internal class DetectWork(TrainOptions options) : TaskWork(options)
{
    /// <summary>A power of two, as targets are padded to one, whose rows of six numbers still fit an array.</summary>
    private const int MostRows = 1 << 28;

    /// <summary>Figures of boxes (B) or masks (M).</summary>
    protected static IReadOnlyList<MetricName> MetricsOf(string what, string suffix) =>
    [
        new($"metrics/precision({what})", "P" + suffix), new($"metrics/recall({what})", "R" + suffix),
        new($"metrics/mAP50({what})", "mAP50" + suffix), new($"metrics/mAP50-95({what})", "mAP50-95" + suffix),
    ];

    public override YoloTask Task => YoloTask.Detect;
    public override IReadOnlyList<string> LossNames { get; } = ["box", "cls", "dfl"];
    public override IReadOnlyList<MetricName> Metrics { get; } = MetricsOf("B", "");

    /// <summary>Those about whole pictures. (Of copy_paste, the data set tells.)</summary>
    protected override IReadOnlyList<string> OptionsOfOtherTasks { get; } = ["dropout", "auto_augment", "erasing", "crop_fraction"];

    public override bool HasMosaic => !Options.Rect && (Options.Mosaic > 0 || Options.Mixup > 0 || Options.CopyPaste > 0);

    public override TaskData OpenData(ITrainingProgress progress) => new DetectionData(Options, progress);

    public override ImageBatch Blank(int n, int h, int w, int objects) =>
        new DetectionBatch(PixelBuffer.None) { N = n, H = h, W = w, Samples = [], Targets = new float[6 * objects] };

    /// <summary>The images with the most objects in one batch; with mosaic, each beside three times the one with the most; with mixup and copy_paste, twice.</summary>
    public override int MostObjects(IImageSet set, int batch)
    {
        int[] counts = [.. ((DetectionDataset)set).Labels.Select(l => l.Rows.Count).OrderDescending()];
        long most = counts.Take(batch).Sum(n => (long)n);
        if (Options.Mosaic > 0) most += 3L * batch * counts[0];
        if (Options.Mixup > 0) most *= 2;
        if (Options.CopyPaste > 0) most *= 2;
        return (int)Math.Min(most, MostRows);
    }

    /// <summary>The canvas of a mosaic, twice as wide and high as a picture; with mixup, a second picture.</summary>
    public override long LoaderScratch(int imgsz) => HasMosaic ? 3L * imgsz * imgsz * (4 + (Options.Mixup > 0 ? 1 : 0)) : 0;

    /// <summary>The targets, padded to one of few lengths.</summary>
    public override IReadOnlyList<HostTensor> Truth(ImageBatch batch, int classes)
    {
        float[] rows = DetectionTargets.Padded(((DetectionBatch)batch).Targets, batch.N, classes);
        return [new HostTensor(new Shape(rows.Length / 6, 6), rows)];
    }

    public override TaskLoss Loss(Tape tape, HeadOutput output, IReadOnlyList<Tensor> truth)
    {
        var head = (DetectOutput)output;
        var loss = DetectionLoss.Forward(tape, head.Box, head.Cls, head.Strides, truth[0], Options.LossOptions);
        return new TaskLoss(loss.Loss, loss.Items);
    }

    public override Tensor? Decode(Tape tape, HeadOutput output)
    {
        var head = (DetectOutput)output;
        return DetectionDecode.Forward(tape, head.Box, head.Cls, head.Strides);
    }

    public override Measurement Measure(IReadOnlyList<string> names, string? folder, bool defers = false) =>
        new DetectMeasurement(ValidationSettings.From(Options), names, folder is null ? null : new DetectionFiles(Options, folder, names)) { Defers = defers };

    public override void DrawLabels(string folder, IImageSet set, IReadOnlyList<string> names) =>
        TrainingPictures.Labels(folder, (DetectionDataset)set, names);

    public override void DrawBatch(string folder, int number, ImageBatch batch, IReadOnlyList<string> names) =>
        TrainingPictures.Batch(folder, number, (DetectionBatch)batch, names);

    public override IPredictor Predictor(YoloModel model, IReadOnlyList<string> names) => new DetectPredictor(model, Options, names);
}
