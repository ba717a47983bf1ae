using System.Text.RegularExpressions;
using NativeTrain.Cuda.Kernels;

namespace NativeTrain.Kernels.Tests;

/// <summary>The kernels that a file names in its KERNEL lines, the list macros of common.cuh written out.</summary>
internal static partial class KernelList
{
    public static IReadOnlyList<string> Of(KernelSources sources, string file)
    {
        string common = File.ReadAllText(Path.Combine(sources.Folder, "common.cuh")).Replace("\\\n", " ", StringComparison.Ordinal);
        var macros = Macro().Matches(common).ToDictionary(m => m.Groups["name"].Value, m => (Parameter: m.Groups["parameter"].Value, Body: m.Groups["body"].Value));
        var kernels = new List<string>();
        foreach (string line in sources.Text(file).Split('\n').Where(l => l.StartsWith("KERNEL", StringComparison.Ordinal)))
        {
            string text = line;
            if (macros.TryGetValue(line.Split('(')[0], out var macro))
                text = Regex.Replace(macro.Body, $@"\b{macro.Parameter}\b", line.Split('(')[1].TrimEnd().TrimEnd(')'));
            kernels.AddRange(Kernel().Matches(text).Select(m => m.Groups[1].Value));
        }
        return kernels;
    }

    [GeneratedRegex(@"^#define (?<name>KERNEL_\w+)\((?<parameter>\w+)\)(?<body>.*)$", RegexOptions.Multiline)]
    private static partial Regex Macro();

    [GeneratedRegex(@"KERNEL\(([^()]*)\)")]
    private static partial Regex Kernel();
}
