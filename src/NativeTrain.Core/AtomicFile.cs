using System.Text;

namespace NativeTrain.Core;

/// <summary>
/// Writes a file whole or not at all: the bytes go to a temporary file in the same folder, are flushed to the
/// disk, and only then take the file's name; the folder is flushed too, so that a power loss cannot bring the old file
/// back. A reader, or a run that was cut off, never sees half a file. A symbolic link stays one: the file it leads to is replaced. A device
/// (/dev/null, /dev/stdout) is written to as it is.
/// </summary>
public static class AtomicFile
{
    private const int LongestPrefix = 200; // bytes

    /// <param name="path">The file to make or replace; its folder is made where it is missing.</param>
    /// <param name="write">Writes the content to the stream it is given.</param>
    /// <exception cref="InputException">The folder cannot be written to, the disk is full, or the path is a folder's.</exception>
    public static void Write(string path, Action<Stream> write)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        ArgumentNullException.ThrowIfNull(write);
        string full = Path.GetFullPath(path);
        if (Directory.Exists(full)) throw new InputException($"{path}: is a folder; give the path of a file");
        try
        {
            if (IsDevice(full))
            {
                using var device = new FileStream(full, FileMode.Open, FileAccess.Write, FileShare.ReadWrite);
                write(device);
            }
            else Replace(new FileInfo(full).LinkTarget is null ? full : File.ResolveLinkTarget(full, returnFinalTarget: true)!.FullName, write);
        }
        // A file longer than the file system or the user's limit allows (EFBIG) arrives as an argument out of range.
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or ArgumentOutOfRangeException { ParamName: "value" })
        {
            throw new InputException($"{path}: cannot be written ({error.Message.TrimEnd('.')}). Free space on the disk or give another folder.", error);
        }
    }

    private static bool IsDevice(string full) =>
        !OperatingSystem.IsWindows() && full.StartsWith("/dev/", StringComparison.Ordinal) && !full.StartsWith("/dev/shm/", StringComparison.Ordinal) && File.Exists(full);

    private static void Replace(string full, Action<Stream> write)
    {
        string folder = Path.GetDirectoryName(full) ?? ".", name = Path.GetFileName(full);
        // Begins as the file's own name where that leaves room for more: a name has at most 255 bytes.
        string temporary = Path.Combine(folder, $"{(Encoding.UTF8.GetByteCount(name) <= LongestPrefix ? name : "")}.{Environment.ProcessId}.{Guid.NewGuid():N}.tmp");
        try
        {
            Directory.CreateDirectory(folder);
            using (var stream = new FileStream(temporary, FileMode.CreateNew, FileAccess.Write, FileShare.None))
            {
                write(stream);
                stream.Flush(flushToDisk: true);
            }
            File.Move(temporary, full, overwrite: true);
            FolderEntries.Flush(folder);
        }
        finally
        {
            if (File.Exists(temporary)) File.Delete(temporary);
        }
    }

    /// <summary>Writes a text file (UTF-8, no byte order mark) whole or not at all.</summary>
    /// <exception cref="InputException">The folder cannot be written to or the disk is full.</exception>
    public static void WriteText(string path, string text) =>
        Write(path, stream =>
        {
            using var writer = new StreamWriter(stream, leaveOpen: true);
            writer.Write(text);
        });
}
