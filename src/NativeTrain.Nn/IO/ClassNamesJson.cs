using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace NativeTrain.Nn;

/// <summary>Class names in a weights file's metadata: a JSON array of strings.</summary>
public static class ClassNamesJson
{
    public static string Write(IEnumerable<string> names)
    {
        ArgumentNullException.ThrowIfNull(names);
        using var bytes = new MemoryStream();
        using (var json = new Utf8JsonWriter(bytes, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            json.WriteStartArray();
            foreach (string name in names) json.WriteStringValue(name);
            json.WriteEndArray();
        }
        return Encoding.UTF8.GetString(bytes.ToArray());
    }

    /// <summary>The names, or null where the text is no array of strings.</summary>
    public static IReadOnlyList<string>? Read(string text)
    {
        try
        {
            using var json = JsonDocument.Parse(text);
            if (json.RootElement.ValueKind != JsonValueKind.Array) return null;
            var names = json.RootElement.EnumerateArray().ToList();
            return names.All(n => n.ValueKind == JsonValueKind.String) ? [.. names.Select(n => n.GetString()!)] : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
