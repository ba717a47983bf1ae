using NativeTrain.Core;

namespace NativeTrain.Nn;

/// <summary>
/// The safetensors format (https://huggingface.co/docs/safetensors): eight bytes of header length (little-endian),
/// a JSON header that gives each array's type, shape and place, then the arrays, one after another without holes.
/// </summary>
public static class Safetensors
{
    /// <summary>Reads a whole file into host memory, checking everything before it allocates.</summary>
    /// <param name="path">The file.</param>
    /// <param name="wanted">Which of its arrays, by name; null: all.</param>
    /// <exception cref="InputException">The file is absent, unreadable or malformed; the message says which and where.</exception>
    public static SafetensorsFile Read(string path, Func<string, bool>? wanted = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        return Opened(path, file =>
        {
            var header = SafetensorsHeader.Read(file, path);
            var arrays = header.Arrays.Where(a => wanted?.Invoke(a.Name) ?? true).ToList();
            var entries = new SafetensorsEntry[arrays.Count];
            for (int i = 0; i < entries.Length; i++)
            {
                var array = arrays[i];
                byte[] bytes = new byte[array.End - array.Begin];
                file.Position = header.DataStart + array.Begin;
                file.ReadExactly(bytes);
                entries[i] = new SafetensorsEntry(array.Name, array.Type, array.Shape, bytes);
            }
            return new SafetensorsFile(path, entries, header.Metadata);
        });
    }

    /// <summary>Reads a file's "__metadata__" only.</summary>
    /// <exception cref="InputException">The file is absent, unreadable or its header malformed.</exception>
    public static IReadOnlyDictionary<string, string> ReadMetadata(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        return Opened(path, file => SafetensorsHeader.Read(file, path).Metadata);
    }

    /// <summary>
    /// Writes the entries in the given order. The file appears whole or not at all (see <see cref="AtomicFile"/>).
    /// </summary>
    /// <exception cref="InputException">The file cannot be written (folder missing, no permission, disk full).</exception>
    public static void Write(string path, IEnumerable<SafetensorsEntry> entries, IReadOnlyDictionary<string, string>? metadata = null)
    {
        ArgumentNullException.ThrowIfNull(entries);
        var list = entries.ToList();
        byte[] header = SafetensorsHeader.Serialize(list, metadata);
        AtomicFile.Write(path, stream =>
        {
            stream.Write(header);
            foreach (var e in list) stream.Write(e.Bytes.Span);
        });
    }

    private static T Opened<T>(string path, Func<FileStream, T> read)
    {
        try
        {
            using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read);
            return read(file);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new InputException($"{path}: no such file", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new InputException($"{path}: cannot be read: {e.Message}", e);
        }
    }
}
