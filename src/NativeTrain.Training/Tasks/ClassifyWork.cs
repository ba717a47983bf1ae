using NativeTrain.Core;
using NativeTrain.Core.Ops;
using NativeTrain.Vision.Data;
using NativeTrain.Vision.Models;

namespace NativeTrain.Training;

/// <summary>Naming whole pictures: one class each.</summary>
internal sealed class ClassifyWork(TrainOptions options) : TaskWork(options)
{
    public override YoloTask Task => YoloTask.Classify;
    public override IReadOnlyList<string> LossNames { get; } = ["loss"];
    public override IReadOnlyList<MetricName> Metrics { get; } = [new("metrics/accuracy_top1", "top1"), new("metrics/accuracy_top5", "top5")];

    /// <summary>Those about objects in a picture and their boxes.</summary>
    protected override IReadOnlyList<string> OptionsOfOtherTasks { get; } =
    [
        "classes", "single_cls", "rect", "multi_scale", "close_mosaic", "box", "cls", "dfl", "degrees", "translate", "shear", "perspective", "mosaic", "mixup", "copy_paste", "bgr",
        "conf", "iou", "max_det", "agnostic_nms", "save_conf",
    ];

    public override TaskData OpenData(ITrainingProgress progress) => new ClassifyData(Options, progress);

    /// <summary>The mean of the pictures' losses.</summary>
    public override bool LossIsMean => true;

    public override ImageBatch Blank(int n, int h, int w, int objects) =>
        new ClassifyBatch(PixelBuffer.None) { N = n, H = h, W = w, Samples = [], Classes = new int[n] };

    /// <summary>Pictures are cut to squares.</summary>
    public override int ValidationSide(int imgsz) => imgsz;

    /// <summary>A picture is an object.</summary>
    public override int MostObjects(IImageSet set, int batch) => batch;

    public override IReadOnlyList<HostTensor> Truth(ImageBatch batch, int classes)
    {
        int[] truth = ((ClassifyBatch)batch).Classes;
        CrossEntropy.CheckClasses(truth, classes);
        return [new HostTensor(new Shape(truth.Length), truth)];
    }

    public override TaskLoss Loss(Tape tape, HeadOutput output, IReadOnlyList<Tensor> truth)
    {
        var loss = CrossEntropy.Forward(tape, ((ClassifyOutput)output).Logits, truth[0]);
        return new TaskLoss(loss, loss);
    }

    public override Measurement Measure(IReadOnlyList<string> names, string? folder, bool defers = false) =>
        new ClassifyMeasurement(names, folder is null ? null : new ClassifyFiles(Options, folder, names)) { Defers = defers };

    /// <summary>One class a picture has no place or size to draw.</summary>
    public override void DrawLabels(string folder, IImageSet set, IReadOnlyList<string> names) { }

    public override void DrawBatch(string folder, int number, ImageBatch batch, IReadOnlyList<string> names) =>
        ClassifyPictures.Batch(Path.Combine(folder, $"train_batch{number}.jpg"), batch, ((ClassifyBatch)batch).Classes, names);

    public override IPredictor Predictor(YoloModel model, IReadOnlyList<string> names) => new ClassifyPredictor(model, Options, names);
}
