using NativeTrain.Core;
using NativeTrain.Vision.Data;
using NativeTrain.Vision.Detect;

namespace NativeTrain.Training;

/// <summary>What the validation of a detector writes: pictures of its first batches, curves, and where asked for text and JSON.</summary>
internal sealed class DetectionFiles(TrainOptions options, string folder, IReadOnlyList<string> names)
{
    private const int Pictures = 3;

    private readonly List<(string Image, IReadOnlyList<Detection> Found, IReadOnlyList<float[]>? Outlines)> detections = [];
    private readonly List<(string Path, string Text)> texts = [];
    private int batches;

    /// <summary>Whether masks are to come with their outlines.</summary>
    public bool WantsOutlines => options.SaveTxt || options.SaveJson;

    /// <summary>One batch was validated.</summary>
    public void Add(DetectionBatch batch, IReadOnlyList<ValidatedImage> images)
    {
        if (options.Plots && batches < Pictures) ValidationPictures.Batch(folder, batches, batch, images, names);
        batches++;
        foreach (var image in images)
        {
            var (sample, found, _) = image;
            var outlines = image.Masks?.Outlines;
            if (options.SaveJson) detections.Add((sample.Path, found, outlines));
            if (options.SaveTxt)
            {
                texts.Add((sample.Path, outlines is null ? DetectionsText.Of(found, sample.Height, sample.Width, options.SaveConf)
                    : OutlinesText.Of(found, outlines, sample.Height, sample.Width, options.SaveConf)));
            }
        }
    }

    /// <summary>The validation is done.</summary>
    public void Write(DetectionValidation result)
    {
        if (options.Plots) ValidationPictures.Curves(folder, result, names);
        // Only now all images are known, and which of them would share a file or an entry.
        var outputs = new OutputNames(texts.Select(t => t.Path).Concat(detections.Select(d => d.Image)));
        foreach (var (image, text) in texts) AtomicFile.WriteText(Path.Combine(folder, "labels", outputs.Text(image)), text);
        if (options.SaveJson)
        {
            PredictionsJson.Write(Path.Combine(folder, "predictions.json"),
                detections.Select(d => (Image: outputs[d.Image], PredictionsJson.Of(d.Found, names, d.Outlines))).OrderBy(e => e.Image, StringComparer.Ordinal));
        }
        if (options.Json is { } file) MetricsJson.Write(file, result);
    }
}
