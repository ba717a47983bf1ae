using System.Text.Json;
using NativeTrain.Core;
using NativeTrain.Core.Ops;
using NativeTrain.Vision.Detect;
using NativeTrain.Vision.Images;
using NativeTrain.Vision.Models;
using NativeTrain.Vision.Plots;

namespace NativeTrain.Training;

/// <summary>The objects on one picture.</summary>
/// <param name="Found">Boxes in its pixels, the surest first.</param>
/// <param name="Names">Class names.</param>
public sealed record DetectPrediction(string Path, RgbImage Image, int InputHeight, int InputWidth, IReadOnlyList<Detection> Found, IReadOnlyList<string> Names)
    : Prediction(Path, Image, InputHeight, InputWidth)
{
    public override string Describe() => FoundObjects.Describe(Found, Names);

    public override RgbImage Draw() => BoxPainter.Draw(Image, Found.Select(DrawnBox.From), Names);

    public override string Text(bool confidence) => DetectionsText.Of(Found, Image.Height, Image.Width, confidence);

    public override Action<Utf8JsonWriter> Json => PredictionsJson.Of(Found, Names);
}

/// <summary>
/// Finds objects on single pictures: letterbox, forward, boxes from the logits, suppression, back to the picture; where the
/// model segments, also each kept cell's mask in the picture's pixels.
/// </summary>
/// <param name="model">The model.</param>
/// <param name="options">imgsz, rect, conf, iou, max_det, agnostic_nms, classes.</param>
/// <param name="names">Class names.</param>
public sealed class DetectPredictor(YoloModel model, TrainOptions options, IReadOnlyList<string> names) : IPredictor
{
    private readonly IReadOnlyList<int>? classes = options.ClassesAmong(names.Count, options.Model);

    /// <summary>Finds the objects on a picture: one class a cell, above conf.</summary>
    public Prediction Predict(string path, RgbImage image)
    {
        ArgumentNullException.ThrowIfNull(image);
        var (input, info) = Letterbox.Fit(image, options.ImageSize, path, auto: options.Rect);
        using var tape = new Tape(model.Backend, record: false, training: false);
        var head = (DetectOutput)model.Forward(tape, NetworkInput.From(tape, input.Pixels, 1, input.Height, input.Width));
        var decoded = DetectionDecode.Forward(tape, head.Box, head.Cls, head.Strides);
        float[] rows = model.Backend.ToFloats(decoded);
        var anchors = new List<int>();
        var kept = Nms.Run(rows, decoded.Shape[1], decoded.C - 4, (float)options.Conf, (float)options.Iou, options.MaxDetections, multiLabel: false, options.AgnosticNms, anchors, classes);
        Detection[] found = [.. kept.Select(d => ImageBoxes.ToOriginal(d, info))];
        if (head is not SegmentOutput segment) return new DetectPrediction(path, image, input.Height, input.Width, found, names);
        var host = new HostMasks(model.Backend, segment);
        var masks = host.Assembly(0).InImage(found, host.Coefficients(0, anchors), info);
        return new SegmentPrediction(path, image, input.Height, input.Width, found, masks, names);
    }
}
