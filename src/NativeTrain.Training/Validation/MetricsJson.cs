using System.Text.Json;
using NativeTrain.Core;

namespace NativeTrain.Training;

/// <summary>The metrics of a validation as a JSON file (val --json FILE).</summary>
public static class MetricsJson
{
    /// <summary>
    /// {images, instances, mean: {P, R, mAP50, mAP50_95}, fitness, loss: {box, cls, dfl},
    /// classes: {name: {images, instances, P, R, F1, AP50, AP50_95}}}
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
        json.WriteNumber("P", report.Precision);
        json.WriteNumber("R", report.Recall);
        json.WriteNumber("mAP50", report.Map50);
        json.WriteNumber("mAP50_95", report.Map5095);
        json.WriteEndObject();
        json.WriteNumber("fitness", report.Fitness);
        json.WriteStartObject("loss");
        json.WriteNumber("box", result.Loss.Box);
        json.WriteNumber("cls", result.Loss.Cls);
        json.WriteNumber("dfl", result.Loss.Dfl);
        json.WriteEndObject();
        json.WriteStartObject("classes");
        foreach (var c in report.Classes)
        {
            json.WriteStartObject(c.Name);
            json.WriteNumber("images", c.Images);
            json.WriteNumber("instances", c.Instances);
            json.WriteNumber("P", c.Precision);
            json.WriteNumber("R", c.Recall);
            json.WriteNumber("F1", c.F1);
            json.WriteNumber("AP50", c.Ap50);
            json.WriteNumber("AP50_95", c.Ap5095);
            json.WriteEndObject();
        }
        json.WriteEndObject();
        json.WriteEndObject();
    }
}
