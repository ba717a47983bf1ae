using System.Text.Json;
using NativeTrain.Core;
using NativeTrain.Vision.Detect;

namespace NativeTrain.Training;

/// <summary>What a model said of many images as one JSON file: {image: …}; of detections, image: [{box: [x1, y1, x2, y2], conf, cls, name}, …], of masks also polygon: [x1, y1, x2, y2, …], boxes in pixels of the image.</summary>
public static class PredictionsJson
{
    /// <param name="path">The file.</param>
    /// <param name="images">Each image's name, and what writes the value of its entry.</param>
    /// <exception cref="InputException">The file cannot be written.</exception>
    public static void Write(string path, IEnumerable<(string Image, Action<Utf8JsonWriter> Value)> images)
    {
        ArgumentNullException.ThrowIfNull(images);
        AtomicFile.Write(path, stream =>
        {
            using var json = new Utf8JsonWriter(stream, new JsonWriterOptions { Indented = true });
            json.WriteStartObject();
            foreach (var (image, value) in images)
            {
                json.WritePropertyName(image);
                value(json);
            }
            json.WriteEndObject();
        });
    }

    /// <summary>What writes the detections of one image, where a value belongs.</summary>
    /// <param name="found">The detections, in pixels of the image.</param>
    /// <param name="names">Class names.</param>
    /// <param name="outlines">Of each detection, x1 y1 x2 y2 … in pixels of the image: written as polygon; null: none.</param>
    public static Action<Utf8JsonWriter> Of(IReadOnlyList<Detection> found, IReadOnlyList<string> names, IReadOnlyList<float[]>? outlines = null) => json =>
    {
        json.WriteStartArray();
        for (int i = 0; i < found.Count; i++) Write(json, found[i], names, outlines?[i]);
        json.WriteEndArray();
    };

    private static void Write(Utf8JsonWriter json, Detection d, IReadOnlyList<string> names, float[]? outline)
    {
        json.WriteStartObject();
        json.WriteStartArray("box");
        foreach (float v in (ReadOnlySpan<float>)[d.X1, d.Y1, d.X2, d.Y2]) json.WriteNumberValue(MathF.Round(v, 2));
        json.WriteEndArray();
        json.WriteNumber("conf", MathF.Round(d.Confidence, 5));
        json.WriteNumber("cls", d.Class);
        json.WriteString("name", names[d.Class]);
        if (outline is not null)
        {
            json.WriteStartArray("polygon");
            foreach (float v in outline) json.WriteNumberValue(MathF.Round(v, 2));
            json.WriteEndArray();
        }
        json.WriteEndObject();
    }
}
