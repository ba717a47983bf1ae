using System.Runtime.InteropServices;

namespace NativeTrain.Core;

/// <summary>
/// The names in a folder, which are data of their own: a file that was flushed and renamed still has its old name, or the old file its
/// place, on a disk that loses power before the folder itself was written (fsync(2)).
/// </summary>
public static partial class FolderEntries
{
    private const int ReadOnly = 0, Directory = 0x10000, CloseOnExec = 0x80000; // of Linux on x86-64
    private const int DirectoryOnArm = 0x4000;

    /// <summary>Has a folder's names written to the disk.</summary>
    /// <param name="folder">Its path.</param>
    /// <returns>Whether it was done: not on other systems than Linux, nor on file systems that know no such thing, nor where the folder may not be read.</returns>
    public static bool Flush(string folder)
    {
        if (!OperatingSystem.IsLinux()) return false;
        bool arm = RuntimeInformation.ProcessArchitecture is Architecture.Arm64 or Architecture.Arm;
        int descriptor = Open(folder, ReadOnly | CloseOnExec | (arm ? DirectoryOnArm : Directory));
        if (descriptor < 0) return false;
        bool done = Sync(descriptor) == 0;
        return Close(descriptor) == 0 && done;
    }

    [LibraryImport("libc", EntryPoint = "open", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "fsync")]
    private static partial int Sync(int descriptor);

    [LibraryImport("libc", EntryPoint = "close")]
    private static partial int Close(int descriptor);
}
