namespace NativeTrain.Cuda;

/// <summary>Where compiled kernels and measurements are kept: NATIVETRAIN_CACHE, or nativetrain in the user's cache folder.</summary>
internal static class CacheFolder
{
    /// <summary>The path of a folder in it, which need not exist.</summary>
    public static string Of(string name)
    {
        if (Environment.GetEnvironmentVariable("NATIVETRAIN_CACHE") is { Length: > 0 } own) return Path.Combine(own, name);
        string caches = Environment.GetEnvironmentVariable("XDG_CACHE_HOME") is { Length: > 0 } xdg
            ? xdg
            : Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".cache");
        return Path.Combine(caches, "nativetrain", name);
    }
}
