using System.Diagnostics.CodeAnalysis;
using NativeTrain.Core;

namespace NativeTrain.Nn;

/// <summary>Named arrays read from a weights file into host memory, whatever the file's format.</summary>
public abstract class TensorFile
{
    private readonly Dictionary<string, SafetensorsEntry> byName;

    private protected TensorFile(string path, IReadOnlyList<SafetensorsEntry> entries, IReadOnlyDictionary<string, string> metadata)
    {
        Path = path;
        Entries = entries;
        Metadata = metadata;
        byName = entries.ToDictionary(e => e.Name);
    }

    public string Path { get; }

    /// <summary>The arrays in the file's order.</summary>
    public IReadOnlyList<SafetensorsEntry> Entries { get; }

    /// <summary>What the file says of itself ("names", "imgsz", "epoch", …); empty where it says nothing.</summary>
    public IReadOnlyDictionary<string, string> Metadata { get; }

    /// <summary>Whether a file's name ends as that of a format we read: .safetensors or .pt.</summary>
    public static bool HasKnownEnding(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        return path.EndsWith(".safetensors", StringComparison.OrdinalIgnoreCase) || HasTorchEnding(path);
    }

    /// <summary>Reads a safetensors file, or a PyTorch file where the name ends in .pt or .pth.</summary>
    /// <exception cref="InputException">The file is absent, unreadable or malformed; the message says which and where.</exception>
    public static TensorFile Read(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        return HasTorchEnding(path) ? TorchFile.Read(path) : Safetensors.Read(path);
    }

    /// <exception cref="InputException">The file has no array of that name.</exception>
    public SafetensorsEntry this[string name] =>
        byName.TryGetValue(name, out var e) ? e : throw new InputException($"{Path}: has no tensor '{name}'");

    public bool TryGet(string name, [NotNullWhen(true)] out SafetensorsEntry? entry) => byName.TryGetValue(name, out entry);

    private static bool HasTorchEnding(string path) =>
        path.EndsWith(".pt", StringComparison.OrdinalIgnoreCase) || path.EndsWith(".pth", StringComparison.OrdinalIgnoreCase);
}
