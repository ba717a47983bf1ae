using BenchmarkDotNet.Columns;
using BenchmarkDotNet.Reports;
using BenchmarkDotNet.Running;
using NativeTrain.Core;

namespace NativeTrain.Bench;

/// <summary>An op's work by its mean time; "-" where <see cref="OpBench.Cost"/> counts none.</summary>
internal sealed class RateColumn(string name, string legend, Func<OpCost, long> work) : IColumn
{
    public static RateColumn Gflops { get; } = new("GFLOP/s", "billions of floating-point operations a second (a multiply-add is two)", c => c.Flops);
    public static RateColumn Bandwidth { get; } = new("GB/s", "billions of bytes of tensors read and written a second", c => c.Bytes);

    public string Id => nameof(RateColumn) + name;
    public string ColumnName => name;
    public string Legend => legend;
    public bool AlwaysShow => true;
    public bool IsNumeric => true;
    public ColumnCategory Category => ColumnCategory.Custom;
    public int PriorityInCategory => 0;
    public UnitType UnitType => UnitType.Dimensionless;
    public bool IsAvailable(Summary summary) => true;
    public bool IsDefault(Summary summary, BenchmarkCase benchmarkCase) => false;
    public string GetValue(Summary summary, BenchmarkCase benchmarkCase, SummaryStyle style) => GetValue(summary, benchmarkCase);

    public string GetValue(Summary summary, BenchmarkCase benchmarkCase)
    {
        double? nanoseconds = summary[benchmarkCase]?.ResultStatistics?.Mean;
        long count = work(CostOf(benchmarkCase));
        return nanoseconds is null || count == 0 ? "-" : (count / nanoseconds.Value).ToString("F1");
    }

    /// <summary>Asks a fresh benchmark with the case's parameters: no tensors are made for that.</summary>
    private static OpCost CostOf(BenchmarkCase benchmarkCase)
    {
        var method = benchmarkCase.Descriptor.WorkloadMethod;
        var bench = (OpBench)Activator.CreateInstance(benchmarkCase.Descriptor.Type)!;
        foreach (var parameter in benchmarkCase.Parameters.Items)
            bench.GetType().GetProperty(parameter.Name)!.SetValue(bench, parameter.Value);
        return bench.Cost(method.Name);
    }
}
