using System.Text.Json;
using NativeTrain.Core;
using NativeTrain.Vision.Detect;

namespace NativeTrain.Training;

/// <summary>
/// Detections of many images as one JSON file: {image: [{box: [x1, y1, x2, y2], conf, cls, name}, …]}, boxes in
/// pixels of the image.
/// </summary>
public static class PredictionsJson
{
    /// <exception cref="InputException">The file cannot be written.</exception>
    public static void Write(string path, IEnumerable<(string Image, IReadOnlyList<Detection> Found)> images, IReadOnlyList<string> names)
    {
        ArgumentNullException.ThrowIfNull(images);
        ArgumentNullException.ThrowIfNull(names);
        AtomicFile.Write(path, stream =>
        {
            using var json = new Utf8JsonWriter(stream, new JsonWriterOptions { Indented = true });
            json.WriteStartObject();
            foreach (var (image, found) in images)
            {
                json.WriteStartArray(image);
                foreach (var d in found) Write(json, d, names);
                json.WriteEndArray();
            }
            json.WriteEndObject();
        });
    }

    private static void Write(Utf8JsonWriter json, Detection d, IReadOnlyList<string> names)
    {
        json.WriteStartObject();
        json.WriteStartArray("box");
        foreach (float v in (ReadOnlySpan<float>)[d.X1, d.Y1, d.X2, d.Y2]) json.WriteNumberValue(MathF.Round(v, 2));
        json.WriteEndArray();
        json.WriteNumber("conf", MathF.Round(d.Confidence, 5));
        json.WriteNumber("cls", d.Class);
        json.WriteString("name", names[d.Class]);
        json.WriteEndObject();
    }
}
