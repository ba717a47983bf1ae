using System.Globalization;

namespace NativeTrain.Core;

/// <summary>How much memory this process can still take.</summary>
public static class FreeMemory
{
    private const string Machine = "/proc/meminfo", Limit = "/sys/fs/cgroup/memory.max", Used = "/sys/fs/cgroup/memory.current", Parts = "/sys/fs/cgroup/memory.stat";

    /// <summary>
    /// Bytes that are free now without swapping: of the machine's memory, and of the container's limit where there is
    /// one. Memory that only caches files counts as free.
    /// </summary>
    public static long Bytes()
    {
        long free = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes;
        if (Field(Machine, "MemAvailable:") is { } kib) free = Math.Min(free, kib * 1024);
        if (Number(Limit) is { } limit && Number(Used) is { } used)
            free = Math.Min(free, limit - used + (Field(Parts, "inactive_file") ?? 0) + (Field(Parts, "active_file") ?? 0));
        return Math.Max(free, 0);
    }

    /// <summary>The number behind a word at a line's start; null where there is no such file or line.</summary>
    private static long? Field(string file, string name)
    {
        if (!File.Exists(file)) return null;
        foreach (string line in File.ReadLines(file))
            if (line.Split(' ', StringSplitOptions.RemoveEmptyEntries) is [var key, var value, ..] && key == name)
                return long.Parse(value, CultureInfo.InvariantCulture);
        return null;
    }

    /// <summary>A file's only number; null where there is no such file, or no limit ("max").</summary>
    private static long? Number(string file) =>
        File.Exists(file) && long.TryParse(File.ReadAllText(file).Trim(), CultureInfo.InvariantCulture, out long number) ? number : null;
}
