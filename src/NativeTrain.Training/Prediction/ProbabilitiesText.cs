using System.Globalization;
using System.Text.Json;

namespace NativeTrain.Training;

/// <summary>The most probable classes of a picture as text and as JSON.</summary>
public static class ProbabilitiesText
{
    private const int Most = 5;

    /// <summary>"0.9312 cat", a line each, at most five, the most probable first.</summary>
    public static string Of(IReadOnlyList<float> probabilities, IReadOnlyList<string> names) =>
        string.Concat(Best(probabilities).Select(c => string.Create(CultureInfo.InvariantCulture, $"{probabilities[c]:F4} {names[c]}\n")));

    /// <summary>What writes [{cls, name, conf}, …], at most five, the most probable first.</summary>
    public static Action<Utf8JsonWriter> Json(IReadOnlyList<float> probabilities, IReadOnlyList<string> names) => json =>
    {
        json.WriteStartArray();
        foreach (int c in Best(probabilities))
        {
            json.WriteStartObject();
            json.WriteNumber("cls", c);
            json.WriteString("name", names[c]);
            json.WriteNumber("conf", MathF.Round(probabilities[c], 5));
            json.WriteEndObject();
        }
        json.WriteEndArray();
    };

    /// <summary>The classes by falling probability, equal ones by index; at most five.</summary>
    public static IEnumerable<int> Best(IReadOnlyList<float> probabilities) =>
        Enumerable.Range(0, probabilities.Count).OrderByDescending(c => probabilities[c]).Take(Most);
}
