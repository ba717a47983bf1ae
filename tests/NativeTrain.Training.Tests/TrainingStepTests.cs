using System.Runtime.InteropServices;
using NativeTrain.Core;
using NativeTrain.Nn;
using NativeTrain.Vision.Data;
using NativeTrain.Vision.Models;
using Xunit;

namespace NativeTrain.Training.Tests;

/// <summary>Single steps: accumulation, clipping, the average.</summary>
public sealed class TrainingStepTests(TinySet set) : IClassFixture<TinySet>
{
    /// <summary>A model, and what trains it without warm-up by plain gradient descent at rate 1.</summary>
    private sealed class Bench : IDisposable
    {
        public Bench(TinySet set, params string[] options) : this(set, DType.F32, null, options)
        {
        }

        public Bench(TinySet set, DType precision, LossScaler? scaler, params string[] options)
        {
            var o = set.Options(["optimizer=SGD", "lr0=1", "lrf=1", "momentum=0", "weight_decay=0", "warmup_epochs=0", .. options]);
            Model = YoloModel.Create(set.Backend, YoloSpec.BuiltIn('n'), 4, seed: 0);
            var recipe = new Recipe(o, TinySet.TrainImages, 4, 3);
            Optimizer = recipe.CreateOptimizer(set.Backend, Model.Parameters);
            Ema = new Ema(set.Backend, Model.NamedTensors());
            Step = new TrainingStep(set.Backend, Model, Optimizer, Ema, recipe, TaskWork.For(YoloTask.Detect, o), 3, precision: precision, scaler: scaler);
            this.set = set;
        }

        private readonly TinySet set;
        public YoloModel Model { get; }
        public Optimizer Optimizer { get; }
        public Ema Ema { get; }
        public TrainingStep Step { get; }

        /// <summary>All parameters, one after another.</summary>
        public float[] Weights()
        {
            var all = new List<float>();
            foreach (var p in Model.Parameters)
            {
                var values = new float[p.Value.Count];
                set.Backend.Download(p.Value, MemoryMarshal.AsBytes(values.AsSpan()));
                all.AddRange(values);
            }
            return [.. all];
        }

        public void Dispose()
        {
            Ema.Dispose();
            Optimizer.Dispose();
            Model.Dispose();
        }
    }

    private static DetectionBatch Noise()
    {
        byte[] pixels = new byte[2 * 64 * 64 * 3];
        new Random(3).NextBytes(pixels);
        return new DetectionBatch(new PixelBuffer(pixels))
        {
            N = 2, H = 64, W = 64, Targets = [0, 1, 0.5f, 0.5f, 0.5f, 0.5f, 1, 3, 0.3f, 0.3f, 0.4f, 0.2f],
            Samples = [new("a", 64, 64, 1, 1, 0, 0), new("b", 64, 64, 1, 1, 0, 0)],
        };
    }

    private static double Distance(float[] a, float[] b) => Math.Sqrt(a.Zip(b, (x, y) => ((double)x - y) * ((double)x - y)).Sum());

    [Fact]
    public void GradientsLongerThanTenAreShortenedToTen()
    {
        using var bench = new Bench(set, "nbs=4", "cls=50", "box=75");
        float[] before = bench.Weights();
        using var batch = Noise();
        double norm = bench.Step.Run(batch, 0, 0).GradNorm!.Value;
        Assert.True(norm > 20, $"the norm is only {norm}");
        Assert.Equal(10, Distance(before, bench.Weights()), 2);
    }

    [Fact]
    public void ShortGradientsAreLeftAsTheyAre()
    {
        using var bench = new Bench(set, "nbs=4", "cls=0.01", "box=0.01", "dfl=0.01");
        float[] before = bench.Weights();
        using var batch = Noise();
        double norm = bench.Step.Run(batch, 0, 0).GradNorm!.Value;
        Assert.InRange(norm, 1e-3, 10);
        Assert.Equal(norm, Distance(before, bench.Weights()), norm * 1e-3);
    }

    [Fact]
    public void GradientsOfMicroBatchesAddUp()
    {
        using var batch = Noise();
        using var one = new Bench(set, "nbs=4");
        double single = one.Step.Run(batch, 0, 0).GradNorm!.Value;
        using var two = new Bench(set, "nbs=8");
        Assert.Null(two.Step.Run(batch, 0, 0).GradNorm);
        Assert.Equal(2 * single, two.Step.Run(batch, 0, 1).GradNorm!.Value, single * 1e-3);
    }

    [Fact]
    public void AccumulationGoesOnAcrossTheEndOfAnEpoch()
    {
        using var batch = Noise();
        using var bench = new Bench(set, "nbs=8", "lr0=0"); // two micro-batches a step, three an epoch
        var updated = new List<bool>();
        for (int epoch = 0; epoch < 2; epoch++)
            for (int i = 0; i < 3; i++)
                updated.Add(bench.Step.Run(batch, epoch, i).GradNorm is not null);
        Assert.Equal([false, true, false, true, false, true], updated);
        Assert.Equal(3, bench.Ema.Updates);
    }

    [Fact]
    public void DropoutIsDrawnFromSeedEpochAndStep()
    {
        double none = ClassifierLoss(0, 0), some = ClassifierLoss(0, 0, "dropout=0.5");
        Assert.NotEqual(none, some);
        Assert.Equal(none, ClassifierLoss(1, 1, "seed=1"));
        Assert.Equal(some, ClassifierLoss(0, 0, "dropout=0.5"));
        Assert.Equal(4, new[] { some, ClassifierLoss(1, 0, "dropout=0.5"), ClassifierLoss(0, 1, "dropout=0.5"), ClassifierLoss(0, 0, "dropout=0.5", "seed=1") }.Distinct().Count());
    }

    /// <summary>Of the first step of a classifier on noise.</summary>
    private double ClassifierLoss(int epoch, int step, params string[] options)
    {
        var o = set.Options(["optimizer=SGD", "task=classify", "model=yolo11n-cls.yaml", .. options]);
        using var model = YoloModel.Create(set.Backend, YoloSpec.BuiltIn('n', YoloTask.Classify), 3, seed: 0);
        ((ClassifyHead)model.Head).Dropout = o.Dropout;
        var recipe = new Recipe(o, TinySet.TrainImages, 3, 3);
        using var optimizer = recipe.CreateOptimizer(set.Backend, model.Parameters);
        using var ema = new Ema(set.Backend, model.NamedTensors());
        byte[] pixels = new byte[4 * 64 * 64 * 3];
        new Random(3).NextBytes(pixels);
        using var batch = new ClassifyBatch(new PixelBuffer(pixels))
        {
            N = 4, H = 64, W = 64, Classes = [0, 1, 2, 1], Samples = [.. Enumerable.Range(0, 4).Select(i => new SampleInfo($"{i}", 64, 64, 1, 1, 0, 0))],
        };
        return new TrainingStep(set.Backend, model, optimizer, ema, recipe, TaskWork.For(YoloTask.Classify, o), 3).Run(batch, epoch, step).Loss.Total;
    }

    [Fact]
    public void AStepThatOverflowsHalfPrecisionIsLeftOutAndTheScaleHalved()
    {
        using var batch = Noise();
        using var bench = new Bench(set, DType.F16, new LossScaler(1L << 40), "nbs=4");
        float[] before = bench.Weights();
        var scaler = bench.Step.Scaler!;
        Assert.Null(bench.Step.Run(batch, 0, 0).GradNorm);
        Assert.Equal((Math.ScaleB(1, 39), 1L, 0L), (scaler.Scale, scaler.Skipped, bench.Ema.Updates));
        Assert.Equal(before, bench.Weights());
        // It goes on halving until gradients fit; what overflowed has left nothing behind.
        int steps = 1;
        while (bench.Step.Run(batch, 0, steps).GradNorm is null) steps++;
        Assert.InRange(scaler.Scale, 1, Math.ScaleB(1, 39 - 1));
        Assert.All(bench.Weights(), w => Assert.True(float.IsFinite(w)));
        Assert.NotEqual(before, bench.Weights());
    }

    [Fact]
    public void TheScaleChangesNeitherNormNorStep()
    {
        using var batch = Noise();
        using Bench small = new(set, DType.F16, new LossScaler(1024), "nbs=4"), large = new(set, DType.F16, new LossScaler(4096), "nbs=4"), plain = new(set, "nbs=4");
        double norm = small.Step.Run(batch, 0, 0).GradNorm!.Value, other = large.Step.Run(batch, 0, 0).GradNorm!.Value, exact = plain.Step.Run(batch, 0, 0).GradNorm!.Value;
        Assert.Equal(1, norm / other, 2e-3); // subnormal gradients differ
        Assert.Equal(1, norm / exact, 5e-2); // pictures of noise, on weights of noise
        Assert.Equal(0, Distance(small.Weights(), large.Weights()), 0.1); // of a step of length 10
    }
}
