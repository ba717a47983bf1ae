using NativeTrain.Testing;

namespace NativeTrain.Vision.Tests;

/// <summary>Files in folders of a test's own folder.</summary>
internal static class TestFolders
{
    /// <summary>Full path of a file, written "a/b/c.txt"; the folders above it are made.</summary>
    public static string Nested(this TemporaryFolder folder, string relative)
    {
        string path = folder.File(relative);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        return path;
    }

    public static string Write(this TemporaryFolder folder, string relative, string text)
    {
        string path = folder.Nested(relative);
        File.WriteAllText(path, text);
        return path;
    }
}
