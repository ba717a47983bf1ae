using System.Text.Json;
using NativeTrain.Core;

namespace NativeTrain.Vision.Data.Converting;

/// <summary>A value of a JSON file that knows where it stands, so that what is wrong with it can be told with its place.</summary>
/// <param name="Value">The value.</param>
/// <param name="Place">"instances.json: annotations[3].bbox".</param>
internal readonly record struct JsonPlace(JsonElement Value, string Place)
{
    public InputException Wrong(string expectation) => new($"{Place}: {expectation}");

    /// <summary>A member; null where it is absent or null.</summary>
    /// <exception cref="InputException">This is no object.</exception>
    public JsonPlace? Find(string name)
    {
        if (Value.ValueKind != JsonValueKind.Object) throw Wrong("must be an object { … }");
        return Value.TryGetProperty(name, out var member) && member.ValueKind != JsonValueKind.Null
            ? new JsonPlace(member, Place.EndsWith(':') ? $"{Place} {name}" : $"{Place}.{name}")
            : null;
    }

    public JsonPlace Get(string name) => Find(name) ?? throw Wrong($"has no '{name}'");

    public IEnumerable<JsonPlace> Items()
    {
        if (Value.ValueKind != JsonValueKind.Array) throw Wrong("must be a list [ … ]");
        return Enumerate(this);

        static IEnumerable<JsonPlace> Enumerate(JsonPlace list)
        {
            int i = 0;
            foreach (var item in list.Value.EnumerateArray()) yield return new JsonPlace(item, $"{list.Place}[{i++}]");
        }
    }

    public long Whole() => Value.ValueKind == JsonValueKind.Number && Value.TryGetInt64(out long n) ? n : throw Wrong("must be a whole number");

    /// <summary>A finite number as float.</summary>
    public float Number() =>
        Value.ValueKind == JsonValueKind.Number && Value.TryGetDouble(out double n) && float.IsFinite((float)n) ? (float)n : throw Wrong("must be a number");

    public string Text() => Value.ValueKind == JsonValueKind.String ? Value.GetString()! : throw Wrong("must be a text");
}
