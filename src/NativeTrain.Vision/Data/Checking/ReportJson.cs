using System.Text.Encodings.Web;
using System.Text.Json;
using NativeTrain.Core;

namespace NativeTrain.Vision.Data.Checking;

/// <summary>The report as a JSON file.</summary>
public static class ReportJson
{
    /// <exception cref="InputException">The file cannot be written.</exception>
    public static void Write(string path, SetReport report)
    {
        ArgumentNullException.ThrowIfNull(report);
        AtomicFile.Write(path, stream =>
        {
            using var json = new Utf8JsonWriter(stream, new JsonWriterOptions { Indented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });
            json.WriteStartObject();
            json.WriteString("data", report.Path);
            json.WriteString("task", report.Task);
            json.WriteNumber("problems", report.Problems.Count());
            json.WriteStartArray("names");
            foreach (string name in report.Names) json.WriteStringValue(name);
            json.WriteEndArray();
            json.WriteStartObject("splits");
            foreach (var split in report.Splits) WriteSplit(json, split, report.Names);
            json.WriteEndObject();
            json.WriteStartArray("findings");
            foreach (var finding in report.Findings) WriteFinding(json, finding);
            json.WriteEndArray();
            json.WriteEndObject();
        });
    }

    private static void WriteSplit(Utf8JsonWriter json, SplitSummary split, IReadOnlyList<string> names)
    {
        json.WriteStartObject(split.Split);
        json.WriteNumber("images", split.Images);
        json.WriteNumber("unreadable", split.Unreadable);
        json.WriteNumber("backgrounds", split.Backgrounds);
        json.WriteNumber("objects", split.Objects);
        json.WriteNumber("outlines", split.Polygons);
        json.WriteNumber("small", split.SmallObjects);
        json.WriteNumber("medium", split.MediumObjects);
        json.WriteNumber("large", split.LargeObjects);
        WriteSize(json, "smallest", split.Smallest.Width, split.Smallest.Height);
        WriteSize(json, "largest", split.Largest.Width, split.Largest.Height);
        json.WriteStartArray("image_sizes");
        foreach (var (width, height, count) in split.ImageSizes)
        {
            json.WriteStartObject();
            json.WriteNumber("width", width);
            json.WriteNumber("height", height);
            json.WriteNumber("images", count);
            json.WriteEndObject();
        }
        json.WriteEndArray();
        json.WriteStartArray("classes"); // by index: names need not be different
        for (int c = 0; c < names.Count; c++)
        {
            json.WriteStartObject();
            json.WriteString("name", names[c]);
            json.WriteNumber("images", split.ImagesByClass[c]);
            json.WriteNumber("objects", split.ObjectsByClass[c]);
            json.WriteEndObject();
        }
        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void WriteSize(Utf8JsonWriter json, string name, float width, float height)
    {
        json.WriteStartObject(name);
        json.WriteNumber("width", Math.Round(width, 2));
        json.WriteNumber("height", Math.Round(height, 2));
        json.WriteEndObject();
    }

    private static void WriteFinding(Utf8JsonWriter json, Finding finding)
    {
        json.WriteStartObject();
        json.WriteString("kind", finding.Kind.Key());
        json.WriteBoolean("problem", finding.Kind.IsProblem());
        json.WriteString("text", finding.Text);
        json.WriteString("image", finding.Image);
        json.WriteEndObject();
    }
}
