using System.Globalization;

namespace NativeTrain.Core;

/// <summary>
/// How much host memory this process may still take: what the kernel calls available, and no more than the control
/// groups (a container's limit) leave. Linux; elsewhere what the runtime knows.
/// </summary>
/// <param name="root">Where /proc and /sys are looked for; tests bring their own.</param>
public sealed class HostMemory(string root = "/")
{
    /// <summary>The limit that NATIVETRAIN_MEMORY_LIMIT sets on the bytes that tensors hold, or null.</summary>
    /// <exception cref="InputException">It is no number of bytes.</exception>
    public static long? Limit
    {
        get
        {
            string? text = Environment.GetEnvironmentVariable("NATIVETRAIN_MEMORY_LIMIT");
            if (string.IsNullOrEmpty(text)) return null;
            if (long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out long bytes) && bytes > 0) return bytes;
            throw new InputException($"NATIVETRAIN_MEMORY_LIMIT={text}: must be a number of bytes, at least 1");
        }
    }

    /// <summary>Bytes of the machine.</summary>
    public long Total => MemInfo("MemTotal:") ?? GC.GetGCMemoryInfo().TotalAvailableMemoryBytes;

    /// <summary>Bytes that can still be had without swapping and without passing a control group's limit.</summary>
    public long Available
    {
        get
        {
            long bytes = MemInfo("MemAvailable:") ?? GC.GetGCMemoryInfo().TotalAvailableMemoryBytes;
            foreach (long left in GroupsLeave()) bytes = Math.Min(bytes, left);
            return Math.Max(bytes, 0);
        }
    }

    private long? MemInfo(string key)
    {
        string file = Path.Combine(root, "proc/meminfo");
        string? line = File.Exists(file) ? File.ReadLines(file).FirstOrDefault(l => l.StartsWith(key, StringComparison.Ordinal)) : null;
        return line is not null && long.TryParse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture, out long kib) ? kib * 1024 : null;
    }

    /// <summary>What each control group that this process is in leaves, of those that have a limit. A group's file cache counts as free: the kernel drops it first.</summary>
    private IEnumerable<long> GroupsLeave()
    {
        string file = Path.Combine(root, "proc/self/cgroup");
        if (!File.Exists(file)) yield break;
        foreach (string line in File.ReadLines(file))
        {
            // "0::/path" is version 2, "4:memory:/path" version 1
            string[] parts = line.Split(':', 3);
            if (parts.Length < 3) continue;
            bool second = parts[1].Length == 0;
            if (!second && !parts[1].Split(',').Contains("memory")) continue;
            string top = Path.Combine(root, second ? "sys/fs/cgroup" : "sys/fs/cgroup/memory");
            for (string path = parts[2].Trim('/'); ; path = Path.GetDirectoryName(path) ?? "")
            {
                string group = Path.Combine(top, path);
                long? limit = Number(group, second ? "memory.max" : "memory.limit_in_bytes"), used = Number(group, second ? "memory.current" : "memory.usage_in_bytes");
                if (limit is { } l && used is { } u) yield return l - u + InactiveFile(group);
                if (path.Length == 0) break;
            }
        }
    }

    /// <summary>A file that holds one number; null where it is absent or says "max".</summary>
    private static long? Number(string group, string name)
    {
        string file = Path.Combine(group, name);
        return File.Exists(file) && long.TryParse(File.ReadAllText(file).Trim(), CultureInfo.InvariantCulture, out long n) ? n : null;
    }

    private static long InactiveFile(string group)
    {
        string file = Path.Combine(group, "memory.stat");
        string? line = File.Exists(file) ? File.ReadLines(file).FirstOrDefault(l => l.StartsWith("inactive_file ", StringComparison.Ordinal)) : null;
        return line is not null && long.TryParse(line["inactive_file ".Length..], CultureInfo.InvariantCulture, out long bytes) ? bytes : 0;
    }
}
