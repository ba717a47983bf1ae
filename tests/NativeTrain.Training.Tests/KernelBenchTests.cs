using NativeTrain.Core;
using NativeTrain.Cpu;
using NativeTrain.Testing;
using NativeTrain.Vision.Models;
using Xunit;

namespace NativeTrain.Training.Tests;

public sealed class KernelBenchTests
{
    [Theory]
    [InlineData("yolo11n.yaml", DType.F32)]
    [InlineData("yolo11n.yaml", DType.F16)]
    [InlineData("yolo11n-seg.yaml", DType.F32)]
    [InlineData("yolo11n-cls.yaml", DType.BF16)]
    public void EveryKernelOfAStepCanBeTimedOnItsOwn(string graph, DType type)
    {
        using var backend = new CpuBackend();
        var calls = KernelCatalogue.Of([YoloSpec.Resolve(graph)], [64], batch: 1, classes: 3, type);
        Assert.Equal(calls.Count, calls.Select(c => c.Key).Distinct().Count());
        long before = backend.Allocator.LiveBytes;
        var bench = new KernelBench(backend, budget: 1e-4);
        foreach (var call in calls)
        {
            var sample = bench.Time(call);
            Assert.True(sample.Seconds > 0 && sample.Spread >= 0, call.Key);
        }
        Assert.Equal(before, backend.Allocator.LiveBytes);
    }

    /// <summary>The list is the tape's own: whatever op a step runs, forward or backward, is made of calls that the catalogue holds.</summary>
    [Theory]
    [InlineData("yolo11n.yaml")]
    [InlineData("yolo11n-seg.yaml")]
    [InlineData("yolo11n-cls.yaml")]
    public void EveryOpThatTheTapeRecordsHasABenchmark(string graph)
    {
        var spec = YoloSpec.Resolve(graph);
        using var recorder = new CallRecorder();
        using var step = new BenchStep(recorder, spec, 3, 64, 1, DType.F32);
        recorder.Forget();
        var timed = KernelCatalogue.Of([spec], [64], batch: 1, classes: 3, DType.F32).Select(c => c.Key).ToHashSet();
        var tape = new TapeOps(recorder);
        step.Run(tape);
        Assert.Contains(("conv2d", "backward_weight"), tape.Calls.Keys);
        Assert.Contains(("optimizer", "step"), tape.Calls.Keys);
        Assert.All(tape.Calls, op => Assert.True(op.Value.Count > 0, $"{op.Key}: no call of it is described in CallTable"));
        Assert.All(tape.Calls, op => Assert.All(op.Value, key => Assert.Contains(key, timed)));
    }

    /// <summary>The kernel calls that each op and pass of a tape makes.</summary>
    private sealed class TapeOps(CallRecorder recorder) : ITapeObserver
    {
        public Dictionary<(string Op, string Pass), HashSet<string>> Calls { get; } = [];

        public void Run(KernelLaunch launch, Action kernel)
        {
            var before = recorder.Calls.ToDictionary(c => c.Call.Key, c => c.Count);
            kernel();
            if (!Calls.TryGetValue((launch.Op, launch.Pass), out var keys)) Calls[(launch.Op, launch.Pass)] = keys = [];
            keys.UnionWith(recorder.Calls.Where(c => c.Count > before.GetValueOrDefault(c.Call.Key)).Select(c => c.Call.Key));
        }
    }

    [Fact]
    public void TheCatalogueIsWhatATrainingStepRuns()
    {
        var spec = YoloSpec.Resolve("yolo11n.yaml");
        using var recorder = new CallRecorder();
        using var step = new BenchStep(recorder, spec, 3, 64, 1, DType.F32);
        recorder.Forget();
        step.Run();
        using var backend = new CpuBackend();
        var ran = TrainBench.Run(backend, spec, 3, 64, 1, steps: 1).Kernels;
        foreach (string pass in new[] { "forward", "backward_data", "backward_weight" })
            Assert.Equal(ran.Where(k => k.Op == "conv2d" && k.Pass == pass).Sum(k => k.Calls), recorder.Calls.Where(c => c.Call.Op == "conv2d" && c.Call.Pass == pass).Sum(c => c.Count));
        Assert.All(ran.Where(k => k.Op == "conv2d"), k => Assert.True(k.BoundSeconds > 0));
        Assert.Equal(ran.Where(k => k.Op == "conv2d").Sum(k => k.Flops), recorder.Calls.Where(c => c.Call.Op == "conv2d").Sum(c => c.Call.Flops * c.Count));
    }

    [Fact]
    public void ACallIsMadeAgainWithTheSameResult()
    {
        using var recorder = new CallRecorder();
        using var x = Tensor.Create(recorder, new Shape(1, 2, 2, 6));
        var left = x.Slice(1, 2);
        recorder.Add(left, x.Slice(3, 2), left); // in place, on ranges of channels
        var (call, _) = recorder.Calls.Single();
        Assert.Equal(2, call.Operands.Count);

        using var backend = new CpuBackend();
        using var a = Tensor.Create(backend, new Shape(1, 2, 2, 2));
        using var b = Tensor.Create(backend, new Shape(1, 2, 2, 2));
        backend.Fill(a, 2);
        backend.Fill(b, 3);
        call.Run(backend, [a, b]);
        Assert.All(a.HostSpan<float>().ToArray(), v => Assert.Equal(5, v));
        Assert.All(b.HostSpan<float>().ToArray(), v => Assert.Equal(3, v));
    }

    [Fact]
    public void TheRooflineIsMoreThanAnyKernelOfThisMachineCanBeButNotEndless()
    {
        using var backend = new CpuBackend();
        var roofline = Roofline.Measure(backend, DType.F32, 8 << 20);
        Assert.InRange(roofline.BytesPerSecond, 1e8, 1e13);
        Assert.InRange(roofline.FlopsPerSecond, 1e8, 1e15);
        Assert.Equal(1, new Roofline(10, 100).Bound(new Arithmetic(50, DType.F32), bytes: 10));
        Assert.Equal(2, new Roofline(10, 100).Bound(new Arithmetic(200, DType.F32), bytes: 10));
        var both = new Roofline(10, 200, DType.BF16) { FloatFlopsPerSecond = 100 };
        Assert.Equal(1, both.Bound(new OpCost(100, 10))); // of floats
        Assert.Equal(3, both.Bound(new OpCost(400, 10, "winograd", new Arithmetic(300, DType.F32))));
        Assert.Equal(new Roofline(20, 200, DType.BF16) { FloatFlopsPerSecond = 100 }, both.Or(new Roofline(20, 150, DType.BF16) { FloatFlopsPerSecond = 50 }));
    }

    [Fact]
    public void ResultsAreReadAsTheyWereWritten()
    {
        using var folder = new TemporaryFolder();
        string path = folder.File("kernels.json");
        var row = new KernelRow("conv2d forward x", "conv2d", "forward", "1x2x2x3 -> 4", "F16", "winograd", 0.375, 0.1, 600, new Arithmetic(150, DType.F32), 20);
        row = row with { Library = new LibrarySample(0.125, "oneDNN jit") };
        var roofs = new Dictionary<DType, Roofline> { [DType.F16] = new Roofline(100, 1000, DType.F16) { FloatFlopsPerSecond = 500 } };
        var results = new KernelResults("cpu", roofs, [row]);
        results.Write(path);
        var read = KernelResults.Read(path);
        Assert.Equal(results.Device, read.Device);
        Assert.Equal(roofs, read.Roofs);
        Assert.Equal(row, Assert.Single(read.Rows));
        Assert.Equal(0.8, read.Share(row), 6);
        (results with { Rows = [row with { Type = "BF16" }] }).Write(path);
        Assert.Contains("BF16", Assert.Throws<InputException>(() => KernelResults.Read(path)).Message);
        File.WriteAllText(path, File.ReadAllText(path).Replace("computed_flops", "an_earlier_name", StringComparison.Ordinal));
        Assert.Contains("output=", Assert.Throws<InputException>(() => KernelResults.Read(path)).Message);
        File.WriteAllText(path, "{}");
        Assert.Contains("bench kernels", Assert.Throws<InputException>(() => KernelResults.Read(path)).Message);
    }
}
