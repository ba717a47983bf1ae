using NativeTrain.Vision.Data;
using NativeTrain.Vision.Detect;

namespace NativeTrain.Training;

/// <summary>What a validation writes: pictures of its first batches, curves, and where asked for text and JSON.</summary>
internal sealed class ValidationOutput
{
    private const int Pictures = 3;

    private readonly TrainOptions options;
    private readonly string folder;
    private readonly IReadOnlyList<string> names;
    private readonly List<(string Image, IReadOnlyList<Detection> Found)> detections = [];

    /// <param name="options">Of <see cref="Verb.Val"/>.</param>
    /// <param name="folder">The run's folder.</param>
    /// <param name="names">Class names.</param>
    public ValidationOutput(TrainOptions options, string folder, IReadOnlyList<string> names)
    {
        this.options = options;
        this.folder = folder;
        this.names = names;
    }

    /// <summary>One batch was validated.</summary>
    public void Add(int number, DetectionBatch batch, IReadOnlyList<ValidatedImage> images)
    {
        if (options.Plots && number < Pictures) ValidationPictures.Batch(folder, number, batch, images, names);
        foreach (var (sample, found, _) in images)
        {
            if (options.SaveJson) detections.Add((Path.GetFileName(sample.Path), found));
            if (options.SaveTxt)
                DetectionsText.Write(Path.Combine(folder, "labels", Path.GetFileNameWithoutExtension(sample.Path) + ".txt"), found, sample.Height, sample.Width, options.SaveConf);
        }
    }

    /// <summary>The validation is done.</summary>
    public void Finish(ValidationResult result)
    {
        if (options.Plots) ValidationPictures.Curves(folder, result, names);
        if (options.SaveJson)
        {
            detections.Sort((a, b) => string.CompareOrdinal(a.Image, b.Image));
            PredictionsJson.Write(Path.Combine(folder, "predictions.json"), detections, names);
        }
        if (options.Json is { } file) MetricsJson.Write(file, result);
    }
}
