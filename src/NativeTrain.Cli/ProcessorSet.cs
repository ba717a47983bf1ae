using System.Globalization;
using System.Text;

namespace NativeTrain.Cli;

/// <summary>The cores that a process may run on, as a launcher or an administrator has chosen them.</summary>
internal sealed class ProcessorSet
{
    private readonly HashSet<int> cores;

    private ProcessorSet(IEnumerable<int> cores) => this.cores = [.. cores];

    /// <summary>Those of this process: the line Cpus_allowed_list of /proc/self/status, "0-3,8".</summary>
    public static ProcessorSet OfThisProcess() =>
        Parse(File.ReadLines("/proc/self/status").First(l => l.StartsWith("Cpus_allowed_list:", StringComparison.Ordinal)).Split(':')[1].Trim());

    /// <summary>A list of numbers and ranges.</summary>
    public static ProcessorSet Parse(string list) => new(list.Split(',', StringSplitOptions.RemoveEmptyEntries).SelectMany(part =>
    {
        int[] ends = [.. part.Split('-').Select(n => int.Parse(n, CultureInfo.InvariantCulture))];
        return Enumerable.Range(ends[0], ends[^1] - ends[0] + 1);
    }));

    public int Count => cores.Count;

    public bool Overlaps(ProcessorSet other) => cores.Overlaps(other.cores);

    public byte[] ToBytes() => Encoding.ASCII.GetBytes(string.Join(',', cores));

    public static ProcessorSet Of(byte[] bytes) => Parse(Encoding.ASCII.GetString(bytes));
}
