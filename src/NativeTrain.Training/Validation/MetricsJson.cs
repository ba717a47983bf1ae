using System.Text.Json;
using NativeTrain.Core;
using NativeTrain.Vision.Metrics;

namespace NativeTrain.Training;

/// <summary>The metrics of a validation as a JSON file (val --json FILE). JSON has no NaN: what is no finite number is null.</summary>
public static class MetricsJson
{
    /// <summary>
    /// {images, instances, mean: {P, R, mAP50, mAP50_95}, fitness, loss: {box, cls, dfl},
    /// classes: {name: {images, instances, P, R, F1, AP50, AP50_95}}}; of a segmentation also masks: {mean, classes}.
    /// </summary>
    /// <exception cref="InputException">The file cannot be written.</exception>
    public static void Write(string path, DetectionValidation result)
    {
        ArgumentNullException.ThrowIfNull(result);
        Write(path, result, json =>
        {
            Report(json, result.Report);
            if (result.Masks is not { } masks) return;
            json.WriteStartObject("masks");
            Report(json, masks);
            json.WriteEndObject();
        });
    }

    /// <summary>{images, instances, fitness, loss: {loss}, mean: {top1, top5}, classes: {name: {images, top1, top5}}}.</summary>
    /// <exception cref="InputException">The file cannot be written.</exception>
    public static void Write(string path, ClassifyValidation result)
    {
        ArgumentNullException.ThrowIfNull(result);
        Write(path, result, json =>
        {
            json.WriteStartObject("mean");
            Number(json, "top1", result.Report.Top1);
            Number(json, "top5", result.Report.Top5);
            json.WriteEndObject();
            json.WriteStartObject("classes");
            foreach (var c in result.Report.Classes)
            {
                json.WriteStartObject(c.Name);
                json.WriteNumber("images", c.Images);
                Number(json, "top1", c.Top1);
                Number(json, "top5", c.Top5);
                json.WriteEndObject();
            }
            json.WriteEndObject();
        });
    }

    /// <summary>What every task's file begins with, then the task's own figures.</summary>
    private static void Write(string path, ValidationResult result, Action<Utf8JsonWriter> figures) => AtomicFile.Write(path, stream =>
    {
        using var json = new Utf8JsonWriter(stream, new JsonWriterOptions { Indented = true });
        json.WriteStartObject();
        json.WriteNumber("images", result.Images);
        json.WriteNumber("instances", result.Objects);
        Number(json, "fitness", result.Fitness);
        json.WriteStartObject("loss");
        foreach (var (name, value) in result.Loss.Names.Zip(result.Loss.Values)) Number(json, name, value);
        json.WriteEndObject();
        figures(json);
        json.WriteEndObject();
    });

    private static void Report(Utf8JsonWriter json, DetectionReport report)
    {
        json.WriteStartObject("mean");
        Number(json, "P", report.Precision);
        Number(json, "R", report.Recall);
        Number(json, "mAP50", report.Map50);
        Number(json, "mAP50_95", report.Map5095);
        json.WriteEndObject();
        json.WriteStartObject("classes");
        var names = new HashSet<string>(StringComparer.Ordinal);
        foreach (var c in report.Classes)
        {
            json.WriteStartObject(names.Add(c.Name) ? c.Name : $"{c.Name} ({c.Class})"); // a set may call two classes the same
            json.WriteNumber("images", c.Images);
            json.WriteNumber("instances", c.Instances);
            Number(json, "P", c.Precision);
            Number(json, "R", c.Recall);
            Number(json, "F1", c.F1);
            Number(json, "AP50", c.Ap50);
            Number(json, "AP50_95", c.Ap5095);
            json.WriteEndObject();
        }
        json.WriteEndObject();
    }

    private static void Number(Utf8JsonWriter json, string name, double value)
    {
        if (double.IsFinite(value)) json.WriteNumber(name, value);
        else json.WriteNull(name);
    }
}
