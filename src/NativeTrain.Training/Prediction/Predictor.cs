using NativeTrain.Core;
using NativeTrain.Core.Ops;
using NativeTrain.Vision.Detect;
using NativeTrain.Vision.Images;
using NativeTrain.Vision.Models;

namespace NativeTrain.Training;

/// <summary>What a model found on one picture.</summary>
/// <param name="Path">The picture's file.</param>
/// <param name="Image">The picture.</param>
/// <param name="Found">Boxes in its pixels, the surest first.</param>
/// <param name="InputHeight">Height of the network's input.</param>
/// <param name="InputWidth">Width of the network's input.</param>
public sealed record Prediction(string Path, RgbImage Image, IReadOnlyList<Detection> Found, int InputHeight, int InputWidth);

/// <summary>Finds objects on single pictures: letterbox, forward, boxes from the logits, suppression, back to the picture.</summary>
public sealed class Predictor
{
    private readonly IBackend backend;
    private readonly YoloModel model;
    private readonly TrainOptions options;

    /// <param name="backend">Where to compute.</param>
    /// <param name="model">The model.</param>
    /// <param name="options">Of <see cref="Verb.Predict"/>: imgsz, rect, conf, iou, max_det, agnostic_nms.</param>
    public Predictor(IBackend backend, YoloModel model, TrainOptions options)
    {
        this.backend = backend;
        this.model = model;
        this.options = options;
    }

    /// <summary>Finds the objects on a picture: one class a cell, above conf.</summary>
    /// <param name="path">Where the picture came from.</param>
    /// <param name="image">The picture, of any size.</param>
    public Prediction Predict(string path, RgbImage image)
    {
        ArgumentNullException.ThrowIfNull(image);
        var (input, info) = Letterbox.Fit(image, options.ImageSize, path, auto: options.Rect);
        using var tape = new Tape(backend, record: false, training: false);
        var head = (DetectOutput)model.Forward(tape, NetworkInput.From(tape, input.Pixels, 1, input.Height, input.Width));
        var decoded = DetectionDecode.Forward(tape, head.Box, head.Cls, head.Strides);
        float[] rows = backend.ToFloats(decoded);
        var found = Nms.Run(rows, decoded.Shape[1], decoded.C - 4, (float)options.Conf, (float)options.Iou, options.MaxDetections, multiLabel: false, options.AgnosticNms);
        return new Prediction(path, image, [.. found.Select(d => ImageBoxes.ToOriginal(d, info))], input.Height, input.Width);
    }
}
