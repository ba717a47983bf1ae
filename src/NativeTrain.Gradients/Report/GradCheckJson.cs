using System.Text.Json;
using NativeTrain.Core;

namespace NativeTrain.Gradients;

/// <summary>Results as a JSON file: every case with its inputs, the worst element and every failed one, and what failures usually mean.</summary>
public static class GradCheckJson
{
    /// <summary>Writes the file whole or not at all.</summary>
    /// <param name="path">Where.</param>
    /// <param name="device">What computed.</param>
    /// <param name="results">The cases.</param>
    public static void Write(string path, string device, IReadOnlyList<CaseResult> results)
    {
        ArgumentNullException.ThrowIfNull(results);
        AtomicFile.Write(path, stream =>
        {
            using var json = new Utf8JsonWriter(stream, new JsonWriterOptions { Indented = true });
            json.WriteStartObject();
            json.WriteString("device", device);
            json.WriteBoolean("passed", results.All(r => r.Passed));
            json.WriteStartArray("cases");
            foreach (var r in results) Case(json, r);
            json.WriteEndArray();
            json.WriteEndObject();
        });
    }

    private static void Case(Utf8JsonWriter json, CaseResult r)
    {
        json.WriteStartObject();
        json.WriteString("kind", r.Kind.ToString().ToLowerInvariant());
        json.WriteString("subject", r.Subject);
        json.WriteString("name", r.Name);
        json.WriteString("type", r.Type.Word());
        json.WriteBoolean("passed", r.Passed);
        json.WriteNumber("seconds", Math.Round(r.Seconds, 4));
        Strings(json, "problems", r.Problems);
        Strings(json, "explanation", r.Explain());
        json.WriteStartArray("inputs");
        foreach (var input in r.Inputs) Input(json, input);
        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void Input(Utf8JsonWriter json, InputResult input)
    {
        json.WriteStartObject();
        json.WriteString("name", input.Name);
        json.WriteString("shape", input.Shape.ToString());
        json.WriteNumber("uses", input.Uses);
        json.WriteNumber("compared", input.Elements.Count);
        json.WriteNumber("undecided", input.Elements.Count(e => e.Verdict == Verdict.Undecided));
        json.WriteNumber("kinks", input.Elements.Count(e => e.Verdict == Verdict.Kink));
        Number(json, "largest", input.Scale);
        Number(json, "tolerance", input.Tolerance);
        json.WritePropertyName("worst");
        Element(json, input, input.Worst);
        json.WriteStartArray("failed");
        foreach (var e in input.Failed) Element(json, input, e);
        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void Element(Utf8JsonWriter json, InputResult input, ElementResult e)
    {
        json.WriteStartObject();
        if (e.Index >= 0)
        {
            json.WriteStartArray("at");
            foreach (int i in input.Coordinates(e.Index)) json.WriteNumberValue(i);
            json.WriteEndArray();
        }
        Number(json, "analytic", e.Analytic);
        Number(json, "numeric", e.Numeric);
        Number(json, "numeric_error", e.NumericError);
        Number(json, "error", e.Error);
        json.WriteString("verdict", e.Verdict.ToString().ToLowerInvariant());
        json.WriteEndObject();
    }

    /// <summary>JSON has no NaN: what is no finite number is null.</summary>
    private static void Number(Utf8JsonWriter json, string name, double value)
    {
        if (double.IsFinite(value)) json.WriteNumber(name, value);
        else json.WriteNull(name);
    }

    private static void Strings(Utf8JsonWriter json, string name, IEnumerable<string> values)
    {
        json.WriteStartArray(name);
        foreach (string v in values) json.WriteStringValue(v);
        json.WriteEndArray();
    }
}
