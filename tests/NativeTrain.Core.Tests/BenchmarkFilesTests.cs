using NativeTrain.Core.Ops;
using NativeTrain.Testing;
using Xunit;

namespace NativeTrain.Core.Tests;

/// <summary>An op has one name everywhere: its benchmark too is found by it.</summary>
public class BenchmarkFilesTests
{
    /// <summary>The public static classes of Core/Ops that compute something.</summary>
    public static TheoryData<string> Ops =>
        [.. typeof(Silu).Assembly.GetExportedTypes()
            .Where(t => t.Namespace == typeof(Silu).Namespace && t.GetMethods().Any(m => m is { Name: "Forward", IsStatic: true }))
            .Select(t => t.Name)];

    [Theory, MemberData(nameof(Ops))]
    public void Every_op_has_a_benchmark_of_its_name(string op)
    {
        string path = Path.Combine(Shared.Root, "bench", "NativeTrain.Bench", "Ops", $"{op}Bench.cs");
        Assert.True(File.Exists(path), $"{op} has no benchmark: write {path}");
        string text = File.ReadAllText(path);
        Assert.Contains($"public class {op}Bench : OpBench", text);
        Assert.Contains("[Benchmark]", text);
    }
}
