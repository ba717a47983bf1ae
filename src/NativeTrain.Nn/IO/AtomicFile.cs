using NativeTrain.Core;

namespace NativeTrain.Nn;

/// <summary>
/// Writes a file so that a reader, or a run cut short, finds either the old contents or the new, never a part:
/// a temporary file in the same folder is written, flushed to the disk, then renamed over the old one.
/// </summary>
public static class AtomicFile
{
    /// <param name="path">The file to create or replace.</param>
    /// <param name="write">Writes the contents to the stream it is given.</param>
    /// <exception cref="InputException">The file cannot be written; the temporary file is gone.</exception>
    public static void Write(string path, Action<Stream> write)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        ArgumentNullException.ThrowIfNull(write);
        string temporary = $"{path}.{Environment.ProcessId}.tmp";
        try
        {
            using (var file = new FileStream(temporary, FileMode.Create, FileAccess.Write, FileShare.None, 1 << 16))
            {
                write(file);
                file.Flush(flushToDisk: true);
            }
            File.Move(temporary, path, overwrite: true);
        }
        catch (Exception e)
        {
            Remove(temporary);
            if (e is IOException or UnauthorizedAccessException)
                throw new InputException($"{path}: cannot be written: {e.Message}", e);
            throw;
        }
    }

    /// <summary>Removes what is left of a failed write; the failure itself is what the caller must hear of.</summary>
    private static void Remove(string temporary)
    {
        try
        {
            File.Delete(temporary);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // The folder does not exist or is not ours: then there is no temporary file either.
        }
    }
}
