using System.Globalization;
using NativeTrain.Core;
using NativeTrain.Core.Ops;
using NativeTrain.Cpu;
using NativeTrain.Nn;
using NativeTrain.Testing;
using NativeTrain.Vision.Data;
using NativeTrain.Vision.Models;
using Xunit;

namespace NativeTrain.Training.Tests;

/// <summary>Training with 16-bit feature maps: amp=.</summary>
public sealed class PrecisionTests(TinySet set) : IClassFixture<TinySet>
{
    [Fact]
    public void WithoutHardwareForItAmpSaysSoAndIsFp32()
    {
        var told = new Recorder();
        var plain = Trainer.Run(set.Backend, set.Options("amp=false", "epochs=1"));
        var mixed = Trainer.Run(set.Backend, set.Options("amp=true", "epochs=1"), told);
        string message = Assert.Single(told.Messages, m => m.StartsWith("amp=", StringComparison.Ordinal));
        if (set.Backend.Computes(DType.BF16)) Assert.Equal("amp=true: feature maps are bf16", message);
        else Assert.Equal("amp=true: this processor has neither AVX512_BF16 nor AMX, so training computes in fp32", message);
        Assert.Equal(!set.Backend.Computes(DType.BF16), Weights(plain).SequenceEqual(Weights(mixed)));
    }

    [Theory, InlineData("bf16"), InlineData("fp16")]
    public void TheSameSeedGivesTheSameWeightsOnAnyNumberOfThreads(string amp)
    {
        var first = Trainer.Run(set.Backend, set.Options($"amp={amp}", "val=false"));
        Assert.False(Weights(first).SequenceEqual(Weights(Trainer.Run(set.Backend, set.Options("amp=false", "val=false")))));
        if (set.Backend.Computes(DType.BF16)) return; // oneDNN sums weight gradients by thread
        int threads = set.Backend.Threads;
        try
        {
            using var one = new CpuBackend(threads: 1);
            Assert.True(Weights(first).SequenceEqual(Weights(Trainer.Run(one, set.Options($"amp={amp}", "val=false")))));
        }
        finally
        {
            using var restored = new CpuBackend(threads);
        }
    }

    [Fact]
    public void ResultsOfHalfPrecisionTellScaleAndSkippedSteps()
    {
        // Gains that overflow half precision at the first scale, but not at lower ones.
        var half = Trainer.Run(set.Backend, set.Options("amp=fp16", "epochs=1", "nbs=4", "box=2000", "cls=2000", "val=false"));
        string[] lines = File.ReadAllLines(Path.Combine(half.Folder, "results.csv"));
        Assert.EndsWith(",lr/pg2,scale,skipped", lines[0], StringComparison.Ordinal);
        double[] row = [.. lines[1].Split(',').Select(v => double.Parse(v, CultureInfo.InvariantCulture))];
        Assert.InRange(row[^1], 1, 3);
        Assert.Equal(65536 / Math.Pow(2, row[^1]), row[^2], 1.0);

        var other = Trainer.Run(set.Backend, set.Options("amp=bf16", "epochs=1", "val=false"));
        Assert.EndsWith(",lr/pg2", File.ReadLines(Path.Combine(other.Folder, "results.csv")).First(), StringComparison.Ordinal);
    }

    /// <summary>
    /// The angle over five batches: that of one jumps (0.015 to 0.085 in bf16) where a rounded logit gives a cell to another object or a pooled window to another pixel.
    /// </summary>
    [SharedTheory, InlineData(DType.BF16, 1f, 0.06), InlineData(DType.F16, 1024f, 0.015)]
    public void ATrainedModelsLossAndGradientsAreNearThoseOfFp32(DType precision, float scale, double limit)
    {
        double angles = 0;
        const int batches = 5;
        for (int i = 0; i < batches; i++)
        {
            using var bench = new Pictures(set, i);
            var (loss, gradients) = bench.Gradients(DType.F32, scale: 1);
            var (near, others) = bench.Gradients(precision, scale);
            Assert.Equal(1, near / loss, 1e-3);
            angles += Angle(gradients, others);
        }
        Assert.InRange(angles / batches, 1e-6, limit);
    }

    [SharedTheory, InlineData(DType.BF16), InlineData(DType.F16)]
    public void TrainingLowersTheLossAsInFp32(DType precision)
    {
        using var bench = new Pictures(set);
        double[] plain = bench.Train(DType.F32, steps: 12), sixteen = bench.Train(precision, steps: 12);
        Assert.True(sixteen[^1] < 0.75 * sixteen[0], $"{sixteen[0]} to {sixteen[^1]}");
        Assert.Equal(1, sixteen[^1] / plain[^1], 0.1);
    }

    [Fact]
    public void AStepTakesLittleMoreThanHalfTheMemory()
    {
        long sixteen = Peak(DType.BF16);
        Assert.InRange((double)sixteen / Peak(DType.F32), 0.5, 0.6);
        Assert.Equal(sixteen, Peak(DType.F16));
    }

    /// <summary>Most bytes of tensors in a step of yolo11n at 320 pixels, batch 16, beyond its parameters.</summary>
    private static long Peak(DType precision)
    {
        using var meta = new MetaBackend();
        using var model = YoloModel.Create(meta, YoloSpec.BuiltIn('n'), 80);
        long before = meta.Allocator.LiveBytes;
        meta.Allocator.ResetPeak();
        using var tape = new Tape(meta) { Precision = precision };
        var head = (DetectOutput)model.Forward(tape, NetworkInput.From(tape, new byte[16 * 320 * 320 * 3], 16, 320, 320));
        tape.Backward(DetectionLoss.Forward(tape, head.Box, head.Cls, head.Strides, []).Loss);
        return meta.Allocator.PeakBytes - before;
    }

    /// <summary>Eight pictures of blood cells at 160 pixels, and a model that was trained on such.</summary>
    private sealed class Pictures : IDisposable
    {
        private readonly TinySet set;
        private readonly TrainOptions options;
        private readonly TaskWork work;
        private readonly ImageBatch batch;

        /// <param name="set">For its options and backend.</param>
        /// <param name="index">Which of the batches.</param>
        public Pictures(TinySet set, int index = 0)
        {
            this.set = set;
            options = set.Options($"model={Shared.File("golden/yolo11n-bccd.weights.safetensors")}", $"data={Shared.File("data/bccd/data.yaml")}", "imgsz=160",
                "optimizer=AdamW", "lr0=0.001", "warmup_epochs=0", "nbs=1");
            work = TaskWork.For(YoloTask.Detect, options);
            var data = work.OpenData(SilentProgress.Instance);
            using var images = data.Open("val");
            using var loader = data.ValLoader(images, 8, rect: false, set.Backend);
            batch = loader.All().Skip(index).First();
        }

        public (double Loss, float[] Gradients) Gradients(DType precision, float scale)
        {
            using var model = WeightsFile.Open(set.Backend, options.Model);
            using var tape = new Tape(set.Backend) { Precision = precision };
            var output = (DetectOutput)model.Forward(tape, NetworkInput.From(tape, batch));
            Assert.All(output.Box.Concat(output.Cls), t => Assert.Equal(DType.F32, t.Type));
            var loss = work.Loss(tape, output, batch);
            double value = set.Backend.ToFloats(loss.Loss)[0];
            tape.Backward(loss.Loss, scale);
            return (value, [.. model.Parameters.SelectMany(p => set.Backend.ToFloats(p.Grad)).Select(g => g / scale)]);
        }

        /// <summary>The loss of each of some steps on this one batch.</summary>
        public double[] Train(DType precision, int steps)
        {
            using var model = WeightsFile.Open(set.Backend, options.Model);
            var recipe = new Recipe(options, images: 8, model.Classes, batchesPerEpoch: 1000);
            using var optimizer = recipe.CreateOptimizer(set.Backend, model.Parameters);
            using var ema = new Ema(set.Backend, model.NamedTensors());
            var scaler = precision == DType.F16 ? new LossScaler() : null;
            using var step = new TrainingStep(set.Backend, model, optimizer, ema, recipe, work, 1000, precision: precision, scaler: scaler);
            return [.. Enumerable.Range(0, steps).Select(i => step.Run(batch, 0, i).Loss.Total)];
        }

        public void Dispose() => batch.Dispose();
    }

    /// <summary>Between two directions, in radians.</summary>
    private static double Angle(float[] a, float[] b) => Math.Acos(Math.Min(1, Dot(a, b) / Math.Sqrt(Dot(a, a) * Dot(b, b))));

    private static double Dot(float[] a, float[] b) => a.Zip(b, (x, y) => (double)x * y).Sum();

    /// <summary>Every number of the last weights.</summary>
    private static IEnumerable<float> Weights(TrainResult result) => Safetensors.Read(result.Last).Entries.Where(e => e.Name.StartsWith("model.", StringComparison.Ordinal)).SelectMany(e => e.ToFloats());
}
