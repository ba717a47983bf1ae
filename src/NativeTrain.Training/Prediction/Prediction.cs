using System.Text.Json;
using NativeTrain.Vision.Images;

namespace NativeTrain.Training;

/// <summary>What a model said of one picture.</summary>
/// <param name="Path">The picture's file.</param>
/// <param name="Image">The picture.</param>
/// <param name="InputHeight">Height of the network's input in pixels.</param>
/// <param name="InputWidth">Width of the network's input in pixels.</param>
public abstract record Prediction(string Path, RgbImage Image, int InputHeight, int InputWidth)
{
    /// <summary>In words, for the display: "3 RBC, 1 WBC"; "nothing".</summary>
    public abstract string Describe();

    /// <summary>The picture with what was found drawn into it.</summary>
    public abstract RgbImage Draw();

    /// <summary>The lines of save_txt.</summary>
    /// <param name="confidence">Whether they end with the confidence.</param>
    public abstract string Text(bool confidence);

    /// <summary>What writes the value of the picture's entry in predictions.json. It holds neither the picture nor its masks: it waits until all pictures were looked at.</summary>
    public abstract Action<Utf8JsonWriter> Json { get; }
}

/// <summary>Looks at single pictures.</summary>
public interface IPredictor
{
    /// <param name="path">Where the picture came from.</param>
    /// <param name="image">The picture, of any size.</param>
    Prediction Predict(string path, RgbImage image);
}
