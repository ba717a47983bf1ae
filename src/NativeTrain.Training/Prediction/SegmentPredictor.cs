using System.Text.Json;
using NativeTrain.Core;
using NativeTrain.Vision.Detect;
using NativeTrain.Vision.Images;
using NativeTrain.Vision.Models;
using NativeTrain.Vision.Plots;

namespace NativeTrain.Training;

/// <summary>The objects on one picture with their masks.</summary>
/// <param name="Found">Boxes in its pixels, the surest first.</param>
/// <param name="Masks">A mask of the picture's size for each.</param>
/// <param name="Names">Class names.</param>
public sealed record SegmentPrediction(string Path, RgbImage Image, int InputHeight, int InputWidth,
    IReadOnlyList<Detection> Found, IReadOnlyList<BitMask> Masks, IReadOnlyList<string> Names)
    : Prediction(Path, Image, InputHeight, InputWidth)
{
    public override string Describe() => FoundObjects.Describe(Found, Names);

    public override RgbImage Draw() =>
        BoxPainter.Draw(MaskPainter.Draw(Image, Masks.Zip(Found, (mask, d) => new DrawnMask(mask, d.Class))), Found.Select(DrawnBox.From), Names);

    public override string Text(bool confidence) => OutlinesText.Of(Found, Outlines, Image.Height, Image.Width, confidence);

    public override void WriteJson(Utf8JsonWriter json) => PredictionsJson.Write(json, Found, Names, Outlines);

    private IReadOnlyList<float[]> Outlines => [.. Masks.Select(m => MaskOutline.Largest(m))];
}

/// <summary>Finds objects and their masks on single pictures: as <see cref="DetectPredictor"/>, then each kept cell's mask in the picture's pixels.</summary>
/// <param name="model">The model.</param>
/// <param name="options">imgsz, rect, conf, iou, max_det, agnostic_nms, classes.</param>
/// <param name="names">Class names.</param>
public sealed class SegmentPredictor(YoloModel model, TrainOptions options, IReadOnlyList<string> names) : IPredictor
{
    private readonly IReadOnlyList<int>? classes = options.ClassesAmong(names.Count, options.Model);

    public Prediction Predict(string path, RgbImage image)
    {
        ArgumentNullException.ThrowIfNull(image);
        var (input, info) = Letterbox.Fit(image, options.ImageSize, path, auto: options.Rect);
        using var tape = new Tape(model.Backend, record: false, training: false);
        var head = (SegmentOutput)model.Forward(tape, NetworkInput.From(tape, input.Pixels, 1, input.Height, input.Width));
        var (found, anchors) = KeptBoxes.Of(tape, head, options, classes);
        Detection[] inImage = [.. found.Select(d => ImageBoxes.ToOriginal(d, info))];
        var host = new HostMasks(model.Backend, head);
        var masks = host.Assembly(0).InImage(inImage, host.Coefficients(0, anchors), info);
        return new SegmentPrediction(path, image, input.Height, input.Width, inImage, masks, names);
    }
}
