using NativeTrain.Core;
using NativeTrain.Cpu;
using NativeTrain.Vision.Models;
using Xunit;

namespace NativeTrain.Training.Tests;

/// <summary>How steps grow, and the files that tell it.</summary>
public class ScaleBenchTests
{
    private static ScaleCell Cell(int batch, double? seconds, int mebibytes, int threads = 2) =>
        new(new ScaleCase("yolo11n", 320, batch, threads), seconds, (long)mebibytes << 20);

    [Fact]
    public void AStepIsTimedAndTakesWhatWasPlanned()
    {
        using var backend = new CpuBackend();
        var spec = YoloSpec.Resolve("yolo11n.yaml");
        var bench = new ScaleBench(classes: 3, DType.F32, budget: 0);
        var one = bench.Time(backend, spec, new ScaleCase("yolo11n", 64, 1, 0));
        var four = bench.Time(backend, spec, new ScaleCase("yolo11n", 64, 4, 0));
        Assert.Equal(bench.Plan(spec, 64, 1), one.PeakBytes);
        Assert.Equal(bench.Plan(spec, 64, 4), four.PeakBytes);
        Assert.True(four.PeakBytes > one.PeakBytes);
        Assert.True(four.Seconds > 0);
        Assert.Equal(4 / four.Seconds, four.ImagesPerSecond);
    }

    [Fact]
    public void WhatDoesNotFitIsPlannedAndNotRun()
    {
        var bench = new ScaleBench(classes: 3, DType.F32, budget: 0);
        using var small = new SmallMemory(1 << 20);
        var cell = bench.Time(small, YoloSpec.Resolve("yolo11n.yaml"), new ScaleCase("yolo11n", 64, 1, 0));
        Assert.Null(cell.Seconds);
        Assert.Equal(bench.Plan(YoloSpec.Resolve("yolo11n.yaml"), 64, 1), cell.PeakBytes);
    }

    [Fact]
    public void SizesAreTimedFromTheLeastMemoryToTheMostAndToldInTheirOrder()
    {
        var spec = YoloSpec.Resolve("yolo11n.yaml");
        (YoloSpec, ScaleCase)[] sizes = [.. from threads in new[] { 1, 2 } from batch in new[] { 4, 1 } select (spec, new ScaleCase("yolo11n", 64, batch, threads))];
        var timed = new List<ScaleCell>();
        using var backend = new CpuBackend();
        var cells = new ScaleBench(classes: 3, DType.F32, budget: 0).Run(backend, sizes, threads => backend.Threads = threads, c =>
        {
            Assert.Equal(c.Case.Threads, backend.Threads);
            timed.Add(c);
        });
        Assert.Equal(sizes.Select(s => s.Item2), cells.Select(c => c.Case));
        Assert.Equal([(1, 1), (1, 2), (4, 1), (4, 2)], timed.Select(c => (c.Case.Batch, c.Case.Threads)));
        Assert.Equal(cells.ToHashSet(), timed.ToHashSet());
    }

    /// <summary>A backend with little memory, on which nothing may run.</summary>
    private sealed class SmallMemory(long bytes) : CallTable
    {
        private readonly MetaBackend blank = new();

        public override string Name => "small";
        public override IAllocator Allocator => blank.Allocator;
        public override bool Computes(DType type) => true;
        public override DType MixedPrecision => DType.F32;
        public override MemoryLeft MemoryLeft => new(bytes, OfHost: true);
        public override HostBlock AllocateHost(int count) => throw new InvalidOperationException("nothing is to run");
        public override void Prefetch(ReadOnlySpan<byte> source) { }
        public override void Synchronize() { }
        public override void Upload(ReadOnlySpan<byte> source, Tensor destination) => throw new InvalidOperationException("nothing is to run");
        public override void Download(Tensor source, Span<byte> destination) => throw new InvalidOperationException("nothing is to run");
        public override string Conv2dImplementation(in Conv2dShape shape, int pass, DType type = DType.F32) => "";
        protected override void Make(KernelCall call, Action<IBackend> run) => throw new InvalidOperationException("nothing is to run");

        public override void Dispose()
        {
            base.Dispose();
            blank.Dispose();
        }
    }

    [Fact]
    public void TheFileHasALineACell()
    {
        Assert.Equal(
            ["model,imgsz,batch,threads,seconds,images_per_second,peak_mib", "yolo11n,320,4,2,0.5000,8.00,100", "yolo11n,320,64,2,,,9000"],
            ScaleTable.Csv([Cell(4, 0.5, 100), Cell(64, null, 9000)]));
    }

    [Fact]
    public void TheTableTellsHowARowGrows()
    {
        // Time doubles where the batch doubles twice: batch^0.5; memory in proportion: batch^1.
        string[] lines = [.. ScaleTable.Markdown([Cell(4, 0.2, 400), Cell(1, 0.1, 100), Cell(64, null, 6400), Cell(1, 0.2, 100, threads: 1)])];
        Assert.Equal("| model | pixels | threads | batch 1 | batch 4 | batch 64 | time grows as | memory grows as |", lines[0]);
        Assert.Contains("| yolo11n | 320 | 2 | 10.0 images/s, 100 MiB | 20.0 images/s, 400 MiB | does not fit (6400 MiB) | batch^0.50 | batch^1.00 |", lines);
        Assert.Contains("| yolo11n | 320 | 1 | 5.0 images/s, 100 MiB |  |  |  |  |", lines);
    }

    [Fact]
    public void ThePictureIsWritten()
    {
        string path = Path.Combine(Path.GetTempPath(), $"{Guid.NewGuid():N}.png");
        try
        {
            Assert.False(ScaleTable.Draw(path, "cpu", [Cell(64, null, 6400)]));
            Assert.False(File.Exists(path));
            Assert.True(ScaleTable.Draw(path, "cpu", [Cell(1, 0.1, 100), Cell(4, 0.2, 400), Cell(64, null, 6400)]));
            Assert.True(new FileInfo(path).Length > 5000);
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Fact]
    public void ASizeHasAColourANumberOfThreadsAPatternAndMemoryStandsOnce()
    {
        static ScaleCell Other(int batch, int threads) => new(new ScaleCase("yolo11s", 640, batch, threads), 0.5, 100L << 20);
        var (speed, memory) = ScaleTable.Lines([Cell(1, 0.1, 10), Cell(4, 0.2, 40), Cell(1, 0.2, 10, threads: 1), Cell(64, null, 640, threads: 1), Cell(1, 0.05, 10, threads: 4), Other(1, 1), Other(2, 4)]);
        Assert.Equal([("yolo11n at 320, 2 threads", 0, 1), ("yolo11n at 320, 1 thread", 0, 2), ("yolo11n at 320, 4 threads", 0, 0), ("yolo11s at 640, 1 thread", 1, 2), ("yolo11s at 640, 4 threads", 1, 0)],
            speed.Select(l => (l.Name, l.Family, l.Pattern)));
        Assert.Equal([10.0, 20], speed[0].Y);
        Assert.Equal([("yolo11n at 320", 0), ("yolo11s at 640", 1)], memory.Select(l => (l.Name, l.Family)));
        Assert.Equal([1.0, 4], memory[0].X);
        Assert.Equal([10.0, 40], memory[0].Y);
    }
}
