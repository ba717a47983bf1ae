using NativeTrain.Core;

namespace NativeTrain.Nn;

/// <summary>
/// A PyTorch file (.pt): a state dict, or a checkpoint with a whole model, as Ultralytics writes it. It is read as data: no
/// name in it is looked up and no code of it runs. See <see cref="PickleReader"/>.
/// </summary>
public sealed class TorchFile : TensorFile
{
    private TorchFile(string path, IReadOnlyList<SafetensorsEntry> entries, IReadOnlyDictionary<string, string> metadata)
        : base(path, entries, metadata)
    {
    }

    /// <summary>Reads a whole file into host memory, checking everything before it allocates.</summary>
    /// <exception cref="InputException">
    /// The file is absent, unreadable, truncated or altered, of the format before PyTorch 1.6, or its pickle asks for something
    /// that weights do not need; the message says which.
    /// </exception>
    public static new TorchFile Read(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        try
        {
            using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read);
            return Read(file, path);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new InputException($"{path}: no such file; weights are not downloaded: give the path of a file that you have", e);
        }
        catch (InvalidDataException e)
        {
            throw new InputException($"{path}: {e.Message.ReplaceLineEndings(" ").TrimEnd('.')}", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new InputException($"{path}: cannot be read: {e.Message}", e);
        }
    }

    private static TorchFile Read(FileStream file, string path)
    {
        using var archive = new TorchArchive(file);
        object? root = PickleReader.Read(archive.Pickle());
        var tensors = new TorchTensors(archive);
        var entries = new Dictionary<string, SafetensorsEntry>(StringComparer.Ordinal);
        foreach (var (name, tensor) in TorchModules.Find(root))
            entries[name] = tensors.Make(name, tensor);
        return new TorchFile(path, [.. entries.Values], TorchMetadata.Read(root));
    }
}
