using System.Diagnostics.CodeAnalysis;
using NativeTrain.Core;

namespace NativeTrain.Nn;

/// <summary>What a safetensors file holds, read into host memory.</summary>
public sealed class SafetensorsFile
{
    private readonly Dictionary<string, SafetensorsEntry> byName;

    internal SafetensorsFile(string path, IReadOnlyList<SafetensorsEntry> entries, IReadOnlyDictionary<string, string> metadata)
    {
        Path = path;
        Entries = entries;
        Metadata = metadata;
        byName = entries.ToDictionary(e => e.Name);
    }

    public string Path { get; }

    /// <summary>The arrays in the header's order.</summary>
    public IReadOnlyList<SafetensorsEntry> Entries { get; }

    /// <summary>The "__metadata__" of the header; empty where there is none.</summary>
    public IReadOnlyDictionary<string, string> Metadata { get; }

    /// <exception cref="InputException">The file has no array of that name.</exception>
    public SafetensorsEntry this[string name] =>
        byName.TryGetValue(name, out var e) ? e : throw new InputException($"{Path}: has no tensor '{name}'");

    public bool TryGet(string name, [NotNullWhen(true)] out SafetensorsEntry? entry) => byName.TryGetValue(name, out entry);
}
