using BenchmarkDotNet.Columns;
using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Reports;
using BenchmarkDotNet.Running;
using BenchmarkDotNet.Toolchains.InProcess.NoEmit;
using NativeTrain.Bench;
using Perfolizer.Horology;

// In this process: nothing is generated, restored or compiled for a run, and the native library is where it is for the
// program. Kernels take milliseconds, so a few short iterations say enough.
var job = Job.Default
    .WithToolchain(InProcessNoEmitToolchain.Instance)
    .WithWarmupCount(3)
    .WithIterationCount(10)
    .WithIterationTime(TimeInterval.FromMilliseconds(100))
    .WithMinInvokeCount(1)
    .WithUnrollFactor(1)
    .WithId("Short");

var config = ManualConfig.CreateMinimumViable()
    .AddJob(job)
    .AddColumn(RateColumn.Gflops, RateColumn.Bandwidth)
    .HideColumns(Column.Error, Column.Median)
    .WithSummaryStyle(SummaryStyle.Default.WithMaxParameterColumnWidth(48));

BenchmarkSwitcher.FromAssembly(typeof(OpBench).Assembly).Run(args, config);
