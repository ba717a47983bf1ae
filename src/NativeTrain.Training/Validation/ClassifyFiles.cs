using NativeTrain.Core;
using NativeTrain.Vision.Data;

namespace NativeTrain.Training;

/// <summary>What the validation of a classifier writes: pictures of its first batches, the confusion matrix, and where asked for text and JSON.</summary>
internal sealed class ClassifyFiles(TrainOptions options, string folder, IReadOnlyList<string> names)
{
    private const int Pictures = 3;

    private readonly List<(string Image, float[] Probabilities)> all = [];
    private int batches;

    /// <summary>One batch was validated.</summary>
    /// <param name="batch">The pictures and their classes.</param>
    /// <param name="probabilities">Of every picture, [classes].</param>
    public void Add(ClassifyBatch batch, IReadOnlyList<float[]> probabilities)
    {
        if (options.Plots && batches < Pictures)
        {
            int[] predicted = [.. probabilities.Select(p => Array.IndexOf(p, p.Max()))];
            ClassifyPictures.Batch(Path.Combine(folder, $"val_batch{batches}_labels.jpg"), batch, batch.Classes, names);
            ClassifyPictures.Batch(Path.Combine(folder, $"val_batch{batches}_pred.jpg"), batch, predicted, names, batch.Classes);
        }
        batches++;
        if (options.SaveTxt || options.SaveJson) all.AddRange(batch.Samples.Select((s, i) => (s.Path, probabilities[i])));
    }

    /// <summary>The validation is done.</summary>
    public void Write(ClassifyValidation result)
    {
        if (options.Plots) ClassifyPictures.Confusion(folder, result, names);
        all.Sort((a, b) => string.CompareOrdinal(a.Image, b.Image));
        // Pictures of different classes may share a name: their files and entries keep the class's folder.
        var outputs = new OutputNames(all.Select(a => a.Image), InItsFolder);
        if (options.SaveTxt)
            foreach (var (image, p) in all)
                AtomicFile.WriteText(Path.Combine(folder, "labels", outputs.Text(image)), ProbabilitiesText.Of(p, names));
        if (options.SaveJson)
            PredictionsJson.Write(Path.Combine(folder, "predictions.json"), all.Select(e => (outputs[e.Image], ProbabilitiesText.Json(e.Probabilities, names))));
        if (options.Json is { } file) MetricsJson.Write(file, result);
    }

    private static string InItsFolder(string image) =>
        Path.Combine(Path.GetFileName(Path.GetDirectoryName(image)) ?? "", Path.GetFileName(image));
}
