using NativeTrain.Core;
using NativeTrain.Cuda.Bindings;
using NativeTrain.Cuda.Tests.Convolutions;
using NativeTrain.Nn;
using NativeTrain.Testing;
using NativeTrain.Training;
using NativeTrain.Vision.Data;
using NativeTrain.Vision.Models;
using Xunit;

namespace NativeTrain.Cuda.Tests;

/// <summary>Whole training steps of YOLO11n on the device: overflow, waiting, memory, repetition. That they compute what they should, <see cref="GoldenTests"/> tell.</summary>
[Collection(Devices.Name)]
public sealed class StepTests(Devices devices)
{
    private const int Images = 2, Size = 32;

    /// <summary>A model and what trains it, without warm-up, by plain gradient descent.</summary>
    private sealed class Bench : IDisposable
    {
        public Bench(IBackend backend, DType precision = DType.F32, LossScaler? scaler = null, bool graphs = true)
        {
            Backend = backend;
            var options = TrainOptions.Parse(Verb.Train, "model=yolo11n.yaml", "data=none.yaml", "optimizer=SGD", "lr0=0.01", "momentum=0", "weight_decay=0", "warmup_epochs=0", $"nbs={Images}", $"batch={Images}");
            Model = YoloModel.Create(backend, YoloSpec.BuiltIn('n'), 4, seed: 0);
            var recipe = new Recipe(options, 12, 4, 3);
            Optimizer = recipe.CreateOptimizer(backend, Model.Parameters);
            Ema = new Ema(backend, Model.NamedTensors());
            Step = new TrainingStep(backend, Model, Optimizer, Ema, recipe, TaskWork.For(YoloTask.Detect, options), 3, precision: precision, scaler: scaler, graphs: graphs);
        }

        public IBackend Backend { get; }
        public YoloModel Model { get; }
        public Optimizer Optimizer { get; }
        public Ema Ema { get; }
        public TrainingStep Step { get; }

        public float[][] Weights() => [.. Model.NamedTensors().Select(t => Backend.ToFloats(t.Tensor))];

        public void Dispose()
        {
            Step.Dispose();
            Ema.Dispose();
            Optimizer.Dispose();
            Model.Dispose();
        }
    }

    private static DetectionBatch Batch(int images = Images, int size = Size)
    {
        byte[] pixels = new byte[images * size * size * 3];
        new Random(3).NextBytes(pixels);
        return new DetectionBatch(new PixelBuffer(pixels))
        {
            N = images, H = size, W = size, Targets = [.. Enumerable.Range(0, images).SelectMany(i => new[] { i, i % 4, 0.5f, 0.4f, 0.5f, 0.25f * (1 + i % 3) })],
            Samples = [.. Enumerable.Range(0, images).Select(i => new SampleInfo($"{i}", size, size, 1, 1, 0, 0))],
        };
    }

    [Fact]
    public void AStepThatOverflowsIsLeftOutAndTheScaleHalved()
    {
        var scaler = new LossScaler(LossScaler.Ceiling);
        using var bench = new Bench(devices.Cuda, DType.F16, scaler);
        using var batch = Batch();
        var before = bench.Model.Parameters.Select(p => devices.Cuda.ToFloats(p.Value)).ToArray();
        Assert.Null(bench.Step.Run(batch, 0, 0).GradNorm);
        Assert.Equal(1, scaler.Skipped);
        Assert.Equal(LossScaler.Ceiling / 2, scaler.Scale);
        Assert.Equal(before, bench.Model.Parameters.Select(p => devices.Cuda.ToFloats(p.Value)).ToArray());
        Assert.All(bench.Model.Parameters, p => Assert.All(devices.Cuda.ToFloats(p.Grad), g => Assert.Equal(0, g)));
    }

    [Fact]
    public void TheHostWaitsTwiceAStepAndNothingIsLeftOnTheDevice()
    {
        using var bench = new Bench(devices.Cuda, DType.F16, new LossScaler(1024));
        using var batch = Batch();
        bench.Step.Run(batch, 0, 0);
        long downloads = devices.Cuda.Downloads, live = devices.Cuda.Allocator.LiveBytes;
        bench.Step.Run(batch, 0, 1);
        Assert.Equal(2, devices.Cuda.Downloads - downloads); // the loss items, the gradients' norm
        Assert.Equal(live, devices.Cuda.Allocator.LiveBytes);
    }

    [Fact]
    public void WhereMemoryRunsOutTheBatchGoesOnInParts()
    {
        var (whole, all, _) = Run(limit: null, parts: 1);
        var (halves, half, _) = Run(limit: null, parts: 2);
        Assert.True(half < all, $"halves take {half} bytes, the whole {all}");
        var (fell, held, parts) = Run((half + all) / 2, parts: 1);
        Assert.Equal(2, parts);
        Assert.InRange(held, 1, (half + all) / 2);
        Assert.Equal(halves, fell);
        Assert.NotEqual(whole, fell); // batch norm's statistics are those of the parts

        (float[][] Weights, long Held, int Parts) Run(long? limit, int parts)
        {
            using var variable = new EnvironmentVariable("NATIVETRAIN_MEMORY_LIMIT", limit?.ToString() ?? "");
            using var cuda = new CudaBackend();
            using var bench = new Bench(cuda);
            bench.Step.Parts = parts;
            using var batch = Batch(images: 8, size: 64);
            bench.Step.Run(batch, 0, 0);
            return (bench.Weights(), cuda.Allocator.HeldBytes, bench.Step.Parts);
        }
    }

    /// <summary>cuDNN may want memory for itself in the middle of a step.</summary>
    [CudnnFact]
    public void WhereCudnnRunsOutOfMemoryTheBatchGoesOnInParts()
    {
        Assert.SkipUnless(CudaDevice.Emulated, "a GPU's libraries cannot be asked to fail");
        const int allocFailed = 2;
        using var folder = new TemporaryFolder();
        using var cache = new EnvironmentVariable("NATIVETRAIN_CACHE", folder.Path);
        var (halves, _) = Run(s => s.Parts = 2);
        foreach (string call in new[] { "cudnnConvolutionForward", "cudnnConvolutionBackwardFilter" })
        {
            var (fell, parts) = Run(_ => Emulator.emu_fail(call, 7, 1, allocFailed));
            Assert.Equal(2, parts);
            Assert.Equal(halves, fell);
        }

        (float[][] Weights, int Parts) Run(Action<TrainingStep> between)
        {
            using var cuda = new CudaBackend(0, ConvLibrary.Cudnn);
            using var bench = new Bench(cuda, graphs: false); // a call that fails while it is recorded is made again
            using var batch = Batch();
            bench.Step.Run(batch, 0, 0); // measures
            between(bench.Step);
            bench.Step.Run(batch, 0, 1);
            return (bench.Weights(), bench.Step.Parts);
        }
    }

    /// <summary>Some virtual GPUs have no addresses apart from memory.</summary>
    [Fact]
    public void ADeviceWithoutVirtualMemoryComputesTheSame()
    {
        Assert.SkipUnless(CudaDevice.Emulated, "a GPU has what it has");
        var expected = Run(out string ordinary);
        Emulator.emu_set_attribute(Driver.VirtualMemoryManagement, 0);
        try
        {
            Assert.Equal(expected, Run(out string plain));
            Assert.Equal($"{ordinary}, without virtual memory management: every tensor is an allocation of the driver's, which is slow", plain);
        }
        finally
        {
            Emulator.emu_set_attribute(Driver.VirtualMemoryManagement, 1);
        }

        static float[][] Run(out string description)
        {
            using var cuda = Devices.Open();
            using var bench = new Bench(cuda);
            using var batch = Batch();
            long live = cuda.Allocator.LiveBytes;
            bench.Step.Run(batch, 0, 0);
            Assert.Equal(live, cuda.Allocator.LiveBytes);
            description = cuda.Description;
            return bench.Weights();
        }
    }

    [Fact]
    public void TheSameStepGivesTheSameBits()
    {
        using var batch = Batch();
        Assert.Equal(After(), After());

        float[][] After()
        {
            using var bench = new Bench(devices.Cuda, DType.F16, new LossScaler(1024));
            bench.Step.Run(batch, 0, 0);
            return bench.Weights();
        }
    }
}
