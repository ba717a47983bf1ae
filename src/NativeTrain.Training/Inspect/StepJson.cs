using System.Text.Json;
using System.Text.Json.Serialization;
using NativeTrain.Core;

namespace NativeTrain.Training;

/// <summary>A step as JSON: what stands in the page, and what json= writes.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals)]
[JsonSerializable(typeof(StepDocument))]
internal sealed partial class StepJson : JsonSerializerContext
{
    /// <summary>The text; "&lt;" is escaped, so that it may stand inside of an HTML script element.</summary>
    public static string Of(StepDocument step) => JsonSerializer.Serialize(step, Default.StepDocument);

    /// <exception cref="InputException">The file cannot be written.</exception>
    public static void Write(StepDocument step, string path) => AtomicFile.WriteText(path, Of(step));
}
