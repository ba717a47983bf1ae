using System.Text.RegularExpressions;

namespace NativeTrain.Training;

/// <summary>
/// The source files of an op's kernels, on the CPU and on the GPU, as this program was built from them. Mostly an op's files bear its
/// name; the table holds those that share kernels, and convolutions, which have several.
/// </summary>
internal static partial class KernelFiles
{
    private const string Prefix = "source/";

    /// <summary>Headers that say nothing of an op: declarations, status, threads, types.</summary>
    private static readonly string[] Plumbing = ["nativetrain.h", "status.h", "parallel.h", "workspace.h", "element.h", "common.cuh", "hd.h", "functions.h", "half.h", "bf16.h"];

    /// <summary>Ops that run on the kernels of another.</summary>
    private static readonly Dictionary<string, string> Shared = new()
    {
        ["cast"] = "copy", ["concat"] = "copy", ["contiguous"] = "copy", ["linear"] = "conv2d", ["upsample2x"] = "upsample", ["optimizer"] = "optimizers",
    };

    private static readonly Dictionary<string, string> Texts = typeof(KernelFiles).Assembly.GetManifestResourceNames()
        .Where(n => n.StartsWith(Prefix, StringComparison.Ordinal)).ToDictionary(n => n[Prefix.Length..], EmbeddedText.Read);

    /// <summary>The text of a file, by its path in the repository.</summary>
    public static string Text(string path) => Texts[path];

    public static IReadOnlyCollection<string> All => Texts.Keys;

    /// <summary>Files of native/cpu that compute a launch: the kernel, and what it includes of formulas.</summary>
    /// <param name="op">The op's name on the tape.</param>
    /// <param name="pass">The launch's pass.</param>
    /// <param name="implementation">The kernel that ran, where the CPU has several.</param>
    public static IReadOnlyList<string> Cpu(string op, string pass, string implementation) =>
        WithHeaders([.. Names(op, pass, n => ConvolutionOnCpu(n, pass, implementation)).Select(n => $"native/cpu/{n}.cpp")]);

    /// <summary>Files of kernels/ that compute a launch.</summary>
    public static IReadOnlyList<string> Cuda(string op, string pass, string implementation) =>
        WithHeaders([.. Names(op, pass, n => ConvolutionOnGpu(n, pass, implementation)).Select(n => $"kernels/{n}.cu")]);

    private static IEnumerable<string> Names(string op, string pass, Func<string, string[]> convolution)
    {
        string name = Shared.GetValueOrDefault(op, op);
        if (pass is "accumulate" or "backward_residual" || (op == "add" && pass == "backward")) return ["copy"];
        return name switch
        {
            "conv2d" or "conv_transpose2d" => convolution(name),
            "batch_norm_act" when pass == "statistics" => ["batch_norm_statistics"],
            "detection_loss" => ["detection_loss", "detection_assigner"],
            "mask_loss" => ["mask_loss", "mask_instances"],
            _ => [name],
        };
    }

    private static string[] ConvolutionOnCpu(string name, string pass, string implementation)
    {
        string[] own = name == "conv_transpose2d" ? [name] : [];
        bool weight = pass == "backward_weight";
        string[] kernels = implementation.Split(':')[0] switch
        {
            "direct" when !weight => ["conv2d_direct_correlation", "conv2d_direct"],
            var way and ("direct" or "in_place" or "pairs" or "rows" or "winograd") => [$"conv2d_{way}{(weight ? "_weight" : "")}"],
            "depthwise" => weight ? ["conv2d_depthwise_3x3", "conv2d_depthwise"] : ["conv2d_depthwise_3x3"],
            _ => ["conv2d_onednn", "conv2d_onednn_primitive", "conv2d_onednn_cache"],
        };
        return [.. own, .. kernels, "conv2d", "conv2d_ways"];
    }

    /// <summary>A GPU says which kernel it chose; where another device ran, the fp32 one stands for it.</summary>
    private static string[] ConvolutionOnGpu(string name, string pass, string implementation)
    {
        string file = implementation.Split('<')[0];
        if (Texts.ContainsKey($"kernels/{file}.cu")) return [file];
        if (file.StartsWith("conv2d_depthwise", StringComparison.Ordinal)) return [pass == "backward_weight" ? "conv2d_depthwise_weight" : "conv2d_depthwise"];
        return [pass == "backward_weight" ? "conv2d_weight_fma" : "conv2d_fma"];
    }

    private static IReadOnlyList<string> WithHeaders(string[] files)
    {
        var found = new List<string>(files.Where(Texts.ContainsKey));
        for (int i = 0; i < found.Count; i++)
        {
            foreach (Match include in Include().Matches(Texts[found[i]]))
            {
                string name = Path.GetFileName(include.Groups[1].Value);
                if (Plumbing.Contains(name)) continue;
                string? path = Texts.Keys.FirstOrDefault(p => Path.GetFileName(p) == name && (p.StartsWith("kernels/math/", StringComparison.Ordinal) || Path.GetDirectoryName(p) == Path.GetDirectoryName(found[i])));
                if (path is not null && !found.Contains(path)) found.Add(path);
            }
        }
        return found;
    }

    [GeneratedRegex("^#include \"([^\"]+)\"", RegexOptions.Multiline)]
    private static partial Regex Include();
}
