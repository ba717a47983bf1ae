using System.Security.Cryptography;
using System.Text;

namespace NativeTrain.Vision.Data;

/// <summary>Where a cache file may lie.</summary>
internal static class CachePlace
{
    /// <summary>Whether the file's folder takes new files.</summary>
    public static bool IsWritable(string file)
    {
        string probe = Path.Combine(Path.GetDirectoryName(file)!, $".{Guid.NewGuid():N}");
        try
        {
            using var stream = new FileStream(probe, FileMode.CreateNew, FileAccess.Write, FileShare.None, 1, FileOptions.DeleteOnClose);
            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    /// <summary>The place for a file whose own folder cannot be written to: the user's cache folder, by a hash of the path.</summary>
    public static string Elsewhere(string file)
    {
        string folder = Environment.GetEnvironmentVariable("XDG_CACHE_HOME") is { Length: > 0 } xdg
            ? xdg
            : Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".cache");
        string hash = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(file)))[..16];
        return Path.Combine(folder, "nativetrain", hash, Path.GetFileName(file));
    }
}
