using NativeTrain.Nn;

namespace NativeTrain.Testing;

/// <summary>The reference's numbers (../shared/golden; its README says what each file holds).</summary>
public static class Golden
{
    /// <summary>Reads a file by its name without ".safetensors", e.g. "yolo11n-nc3-128.expected". For tests marked <see cref="SharedFactAttribute"/>.</summary>
    public static SafetensorsFile Read(string name) => Safetensors.Read(Shared.File($"golden/{name}.safetensors"));
}
