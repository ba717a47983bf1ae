using System.Globalization;
using System.Text.Json;
using NativeTrain.Core;
using NativeTrain.Core.Ops;
using NativeTrain.Vision.Data;
using NativeTrain.Vision.Images;
using NativeTrain.Vision.Models;
using NativeTrain.Vision.Plots;

namespace NativeTrain.Training;

/// <summary>The class probabilities of one picture.</summary>
/// <param name="Probabilities">[classes]; they add up to 1.</param>
/// <param name="Names">Class names.</param>
public sealed record ClassifyPrediction(string Path, RgbImage Image, int InputHeight, int InputWidth, IReadOnlyList<float> Probabilities, IReadOnlyList<string> Names)
    : Prediction(Path, Image, InputHeight, InputWidth)
{
    public override string Describe() =>
        string.Join(", ", ProbabilitiesText.Best(Probabilities).Select(c => string.Create(CultureInfo.InvariantCulture, $"{Names[c]} {Probabilities[c]:F2}")));

    public override RgbImage Draw() => ScorePlate.Draw(Image, Probabilities, Names);

    public override string Text(bool confidence) => ProbabilitiesText.Of(Probabilities, Names);

    public override Action<Utf8JsonWriter> Json => ProbabilitiesText.Json(Probabilities, Names);
}

/// <summary>Names single pictures: short side to imgsz, the centre square, forward, softmax.</summary>
/// <param name="model">The model.</param>
/// <param name="options">imgsz, crop_fraction.</param>
/// <param name="names">Class names.</param>
public sealed class ClassifyPredictor(YoloModel model, TrainOptions options, IReadOnlyList<string> names) : IPredictor
{
    public Prediction Predict(string path, RgbImage image)
    {
        ArgumentNullException.ThrowIfNull(image);
        int size = options.ImageSize;
        var input = new byte[size * size * 3];
        CentreCrop.Fit(image, input, size, options.CropFraction, path);
        using var tape = new Tape(model.Backend, record: false, training: false);
        var output = (ClassifyOutput)model.Forward(tape, NetworkInput.From(tape, input, 1, size, size));
        float[] probabilities = model.Backend.ToFloats(Softmax.Forward(tape, output.Logits));
        return new ClassifyPrediction(path, image, size, size, probabilities, names);
    }
}
