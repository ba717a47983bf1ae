using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;
using NativeTrain.Cuda;
using NativeTrain.Cuda.Bindings;
using NativeTrain.Cuda.Kernels;
using Xunit;

namespace NativeTrain.Kernels.Tests;

/// <summary>
/// Every kernel, compiled by NVIDIA's own compiler for every generation of GPU from Volta to Hopper, without a warning and
/// without a register spilled to memory. No GPU is needed for that.
/// </summary>
public sealed partial class CompilationTests
{
    private static readonly int[] Capabilities = [70, 75, 80, 86, 89, 90];
    private static readonly KernelSources Sources = new();

    public static TheoryData<string> Files => [.. Sources.Files];

    [NvrtcTheory]
    [MemberData(nameof(Files))]
    public void CompilesForEveryGenerationWithoutAWarningOrASpill(string file)
    {
        var kernels = KernelList.Of(Sources, file);
        Assert.NotEmpty(kernels);
        var problems = Capabilities.AsParallel().AsOrdered().SelectMany(c => Problems(c, file, kernels)).ToList();
        Assert.True(problems.Count == 0, string.Join('\n', problems));
    }

    [NvrtcFact]
    public void AWarningAndASpillAreSeen()
    {
        const string log = """
            silu.cu(3): warning #177-D: variable "unused" was declared but never referenced
            ptxas info    : Compiling entry function '_Z4siluPf' for 'sm_70'
            ptxas info    : Function properties for _Z4siluPf
            ptxas         .     8 bytes stack frame, 8 bytes spill stores, 8 bytes spill loads
            """;
        Assert.Equal(2, Problems(log).Count());
    }

    [NvrtcFact]
    public void AnErrorNamesTheFileAndTheLine()
    {
        var compiler = new KernelCompiler(Sources, 80);
        var e = Assert.Throws<DeviceException>(() => compiler.Compile("silu", "no_such_kernel<float>"));
        Assert.Contains("kernels/silu.cu does not compile for sm_80", e.Message, StringComparison.Ordinal);
        Assert.Contains("no_such_kernel", e.Message, StringComparison.Ordinal);
    }

    [NvrtcFact]
    public void AYoungerGpuGetsPtx()
    {
        var compiler = new KernelCompiler(Sources, 999);
        Assert.StartsWith("compute_", compiler.Architecture, StringComparison.Ordinal);
        var kernel = compiler.Compile("silu", "silu_forward<float, 4>");
        Assert.Contains($".entry {kernel.Name}", System.Text.Encoding.UTF8.GetString(kernel.Image), StringComparison.Ordinal);
    }

    [NvrtcFact]
    public void AnOlderOneIsRefused()
    {
        var e = Assert.Throws<NativeTrain.Core.InputException>(() => new KernelCompiler(Sources, 20));
        Assert.Contains("as old as compute capability 2.0", e.Message, StringComparison.Ordinal);
    }

    private static IEnumerable<string> Problems(int capability, string file, IReadOnlyList<string> kernels)
    {
        var compiler = new KernelCompiler(Sources, capability);
        var compiled = compiler.Compile(file, kernels, ["--ptxas-options=-v"], out string log);
        if (compiler.Architecture != $"sm_{capability}") yield return $"compiled for {compiler.Architecture} in place of sm_{capability}";
        if (Properties().Count(log) < kernels.Count) yield return $"sm_{capability}: the compiler reports of {Properties().Count(log)} of {kernels.Count} kernels";
        foreach (var kernel in compiled.Where(k => k.Image is not [0x7f, (byte)'E', (byte)'L', (byte)'F', ..])) yield return $"{kernel.Name}: no cubin";
        foreach (string problem in Problems(log)) yield return $"sm_{capability}: {problem}";
    }

    /// <summary>Warnings and spills in a compiler's log.</summary>
    private static IEnumerable<string> Problems(string log)
    {
        foreach (string line in log.Split('\n').Where(l => l.Contains("warning", StringComparison.OrdinalIgnoreCase))) yield return line;
        foreach (Match m in Properties().Matches(log))
            if (m.Groups["stores"].Value != "0" || m.Groups["loads"].Value != "0")
                yield return $"{m.Groups["kernel"].Value} spills {m.Groups["stores"].Value} bytes";
    }

    [GeneratedRegex(@"Function properties for (?<kernel>\S+)\s+(?:ptxas\s+\.\s+)?\d+ bytes stack frame, (?<stores>\d+) bytes spill stores, (?<loads>\d+) bytes spill loads")]
    private static partial Regex Properties();
}

/// <summary>A test that compiles with NVRTC; skipped where it is not installed.</summary>
public sealed class NvrtcFactAttribute : FactAttribute
{
    public NvrtcFactAttribute([CallerFilePath] string? file = null, [CallerLineNumber] int line = -1) : base(file, line)
    {
        if (!Libraries.Has(Libraries.Nvrtc)) Skip = "NVRTC is not installed";
    }
}

/// <inheritdoc cref="NvrtcFactAttribute"/>
public sealed class NvrtcTheoryAttribute : TheoryAttribute
{
    public NvrtcTheoryAttribute([CallerFilePath] string? file = null, [CallerLineNumber] int line = -1) : base(file, line)
    {
        if (!Libraries.Has(Libraries.Nvrtc)) Skip = "NVRTC is not installed";
    }
}
