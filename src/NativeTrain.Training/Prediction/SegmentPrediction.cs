using System.Text.Json;
using NativeTrain.Vision.Detect;
using NativeTrain.Vision.Images;
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

    public override Action<Utf8JsonWriter> Json => PredictionsJson.Of(Found, Names, Outlines);

    private IReadOnlyList<float[]>? outlines;

    /// <summary>Each mask's largest outline; traced once, for text and JSON.</summary>
    private IReadOnlyList<float[]> Outlines => outlines ??= [.. Masks.Select(m => MaskOutline.Largest(m))];
}
