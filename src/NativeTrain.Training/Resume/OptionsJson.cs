using System.Text;
using System.Text.Json;
using NativeTrain.Core;

namespace NativeTrain.Training;

/// <summary>The options of a training in its last.safetensors: {"values": {name: value or null}, "given": [name, …], "folder": where the program was started}.</summary>
internal static class OptionsJson
{
    public static string Write(TrainOptions options, string folder)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteStartObject("values");
            foreach (var (name, value) in options.Values) json.WriteString(name, value);
            json.WriteEndObject();
            json.WriteStartArray("given");
            foreach (var (option, _) in options.Given) json.WriteStringValue(option.Name);
            json.WriteEndArray();
            json.WriteString("folder", folder);
            json.WriteEndObject();
        }
        return Encoding.UTF8.GetString(buffer.ToArray());
    }

    /// <param name="text">What <see cref="Write"/> made.</param>
    /// <param name="path">The file it stands in, for messages.</param>
    /// <exception cref="InputException">The text is something else, or holds an option that this version does not know.</exception>
    public static TrainOptions Read(string text, string path)
    {
        try
        {
            using var json = JsonDocument.Parse(text);
            var values = json.RootElement.GetProperty("values").EnumerateObject().Select(p => new KeyValuePair<string, string?>(p.Name, p.Value.GetString())).ToList();
            return TrainOptions.Restore(Verb.Train, values, json.RootElement.GetProperty("given").EnumerateArray().Select(g => g.GetString()!).ToList(),
                json.RootElement.GetProperty("folder").GetString() ?? "");
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            throw new InputException($"{path}: the options of its training cannot be read ({e.Message})", e);
        }
        catch (InputException e)
        {
            throw new InputException($"{path}: another version of this program wrote it: {e.Message}", e);
        }
    }
}
