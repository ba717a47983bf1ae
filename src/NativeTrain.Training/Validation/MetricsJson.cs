using System.Text.Json;
using NativeTrain.Core;

namespace NativeTrain.Training;

/// <summary>The metrics of a validation as a JSON file (val --json FILE).</summary>
public static class MetricsJson
{
    /// <summary>
    /// {images, instances, mean: {P, R, mAP50, mAP50_95}, fitness, loss: {box, cls, dfl},
    /// classes: {name: {images, instances, P, R, F1, AP50, AP50_95}}}. JSON has no NaN: what is no finite number is null.
    /// </summary>
    /// <exception cref="InputException">The file cannot be written.</exception>
    public static void Write(string path, ValidationResult result)
    {
        ArgumentNullException.ThrowIfNull(result);
        AtomicFile.Write(path, stream =>
        {
            using var json = new Utf8JsonWriter(stream, new JsonWriterOptions { Indented = true });
            Write(json, result);
        });
    }

    private static void Write(Utf8JsonWriter json, ValidationResult result)
    {
        var report = result.Report;
        json.WriteStartObject();
        json.WriteNumber("images", result.Images);
        json.WriteNumber("instances", result.Objects);
        json.WriteStartObject("mean");
        Number(json, "P", report.Precision);
        Number(json, "R", report.Recall);
        Number(json, "mAP50", report.Map50);
        Number(json, "mAP50_95", report.Map5095);
        json.WriteEndObject();
        Number(json, "fitness", report.Fitness);
        json.WriteStartObject("loss");
        Number(json, "box", result.Loss.Box);
        Number(json, "cls", result.Loss.Cls);
        Number(json, "dfl", result.Loss.Dfl);
        json.WriteEndObject();
        json.WriteStartObject("classes");
        foreach (var c in report.Classes)
        {
            json.WriteStartObject(c.Name);
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
        json.WriteEndObject();
    }

    private static void Number(Utf8JsonWriter json, string name, double value)
    {
        if (double.IsFinite(value)) json.WriteNumber(name, value);
        else json.WriteNull(name);
    }
}
