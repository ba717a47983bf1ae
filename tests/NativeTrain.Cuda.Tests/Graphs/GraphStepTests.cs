using NativeTrain.Core;
using NativeTrain.Cuda.Tests.Convolutions;
using NativeTrain.Nn;
using NativeTrain.Testing;
using NativeTrain.Vision.Data;
using NativeTrain.Vision.Models;
using Xunit;

namespace NativeTrain.Cuda.Tests.Graphs;

/// <summary>Training steps that are replayed give the bits of those that are launched kernel by kernel.</summary>
[Collection(Devices.Name)]
public sealed class GraphStepTests
{
    private const int Steps = 12;

    /// <summary>Two shapes in turn, and from none to more objects than the least padding holds.</summary>
    private static ImageBatch[] Batches(YoloTask task) =>
        [.. Enumerable.Range(0, Steps).Select(i => TinyModels.Batch(task, 2, i % 4 == 3 ? 64 : 32, objects: new[] { 4, 0, 1, 7, 40, 9 }[i % 6], seed: i))];

    [Theory]
    [InlineData(YoloTask.Detect, DType.F32)]
    [InlineData(YoloTask.Detect, DType.F16)]
    [InlineData(YoloTask.Segment, DType.F32)]
    [InlineData(YoloTask.Segment, DType.F16)]
    [InlineData(YoloTask.Classify, DType.F32)]
    [InlineData(YoloTask.Classify, DType.F16)]
    public void ADozenStepsGiveTheSameBitsWithAndWithoutGraphs(YoloTask task, DType precision)
    {
        var batches = Batches(task);
        var (with, losses, skipped, replayed) = Train(graphs: true);
        var (without, plainLosses, plainSkipped, none) = Train(graphs: false);
        Assert.Equal(plainLosses, losses);
        Assert.Equal(without, with);
        Assert.All(with.SelectMany(t => t), v => Assert.True(float.IsFinite(v)));
        Assert.Equal((plainSkipped, 0), (skipped, none));
        if (precision == DType.F16) Assert.InRange(skipped, 1, Steps - 2); // the scale was too high at first
        Assert.InRange(replayed, 4, Steps - 4);

        (float[][] All, double[] Losses, long Skipped, long Replayed) Train(bool graphs)
        {
            using var cuda = Devices.OpenRecording();
            var scaler = precision == DType.F16 ? new LossScaler(1 << 22) : null;
            using var training = new TinyTraining(cuda, task, graphs, precision, scaler);
            double[] losses = [.. batches.Select((batch, i) => training.Step.Run(batch, 0, i).Loss.Total)];
            return (training.Everything(), losses, scaler?.Skipped ?? 0, training.Step.Replayed);
        }
    }

    [Fact]
    public void MicroBatchesAddUpTheSame()
    {
        Assert.Equal(Train(graphs: false), Train(graphs: true));

        static float[][] Train(bool graphs)
        {
            using var cuda = Devices.OpenRecording();
            using var training = new TinyTraining(cuda, YoloTask.Detect, graphs, told: null, options: "nbs=6"); // three a step
            for (int i = 0; i < 8; i++) training.Step.Run(TinyModels.Batch(YoloTask.Detect, 2, 32, 3, i), 0, i);
            Assert.Equal(graphs ? 6 : 0, training.Step.Replayed);
            return training.Everything();
        }
    }

    [Fact]
    public void AReplayedMicroBatchIsLaunchedAsAWhole()
    {
        using var cuda = Devices.OpenRecording();
        using var training = new TinyTraining(cuda, YoloTask.Detect, graphs: true, options: "nbs=64"); // no update in these steps
        Assert.True(LaunchesOf(0) > 100);
        LaunchesOf(1);
        LaunchesOf(2);
        Assert.Equal(3, LaunchesOf(3)); // the statistics' and the gradients' copies, and the pass

        long LaunchesOf(int step)
        {
            long before = cuda.Launches, downloads = cuda.Downloads;
            training.Step.Run(TinyModels.Batch(YoloTask.Detect, 2, 32, 3, step), 0, step);
            Assert.Equal(1, cuda.Downloads - downloads);
            return cuda.Launches - before;
        }
    }

    [Fact]
    public void AReplayedStepCountsItsMemory()
    {
        using var cuda = Devices.OpenRecording();
        using var training = new TinyTraining(cuda, YoloTask.Segment, graphs: true);
        long live = cuda.Allocator.LiveBytes;
        long[] peaks = [.. Enumerable.Range(0, 4).Select(i =>
        {
            cuda.Allocator.ResetPeak();
            training.Step.Run(TinyModels.Batch(YoloTask.Segment, 2, 32, 3, i), 0, i);
            Assert.Equal(live, cuda.Allocator.LiveBytes);
            return cuda.Allocator.PeakBytes;
        })];
        Assert.Equal(2, training.Step.Replayed);
        Assert.True(peaks[0] > live);
        Assert.All(peaks, p => Assert.Equal(peaks[0], p));
    }

    [Fact]
    public void OtherTensorsAliveAreTakenAccountOf()
    {
        Assert.Equal(Train(graphs: false), Train(graphs: true));

        static float[][] Train(bool graphs)
        {
            using var cuda = Devices.OpenRecording();
            using var training = new TinyTraining(cuda, YoloTask.Detect, graphs);
            Tensor? guest = null;
            for (int i = 0; i < 9; i++)
            {
                if (i == 4) cuda.Fill(guest = Tensor.Create(cuda, new Shape(100_000)), 7); // where a replay would write
                training.Step.Run(TinyModels.Batch(YoloTask.Detect, 2, 32, 3, i), 0, i);
            }
            Assert.Equal(graphs ? 2 + 3 : 0, training.Step.Replayed);
            Assert.All(cuda.ToFloats(guest!), v => Assert.Equal(7, v));
            guest!.Dispose();
            return training.Everything();
        }
    }

    [Fact]
    public void WhereMemoryRunsOutTheHalvesAreReplayed()
    {
        var (whole, most) = Train(graphs: true, limit: null);
        long limit = most - ArenaAllocator.Chunk;
        var (with, held) = Train(graphs: true, limit);
        Assert.InRange(held, 1, limit);
        Assert.Equal(Train(graphs: false, limit).All, with);
        Assert.NotEqual(whole, with);

        static (float[][] All, long Held) Train(bool graphs, long? limit)
        {
            using var variable = new EnvironmentVariable("NATIVETRAIN_MEMORY_LIMIT", limit?.ToString() ?? "");
            using var cuda = Devices.OpenRecording();
            using var training = new TinyTraining(cuda, YoloTask.Detect, graphs);
            // The large ones come when small ones are being replayed.
            for (int i = 0; i < 8; i++)
            {
                using var batch = i is 3 or 5 ? TinyModels.Batch(YoloTask.Detect, 8, 128, 9, i) : TinyModels.Batch(YoloTask.Detect, 4, 32, 4, i);
                training.Step.Run(batch, 0, i);
            }
            Assert.Equal(limit is null ? 1 : 2, training.Step.Parts);
            if (graphs) Assert.InRange(training.Step.Replayed, limit is null ? 2 : 5, 12);
            return (training.Everything(), cuda.Allocator.HeldBytes);
        }
    }

    [Fact]
    public void WithDropoutStepsAreNotReplayedAndItIsSaid()
    {
        var told = new List<string>();
        Assert.Equal(Train(graphs: false), Train(graphs: true));
        Assert.Equal("graphs: dropout, whose key is new each time, cannot be part of a graph; such steps are launched kernel by kernel", Assert.Single(told));

        float[][] Train(bool graphs)
        {
            using var cuda = Devices.OpenRecording();
            using var training = new TinyTraining(cuda, YoloTask.Classify, graphs, told: told.Add, options: "dropout=0.5");
            for (int i = 0; i < 4; i++) training.Step.Run(TinyModels.Batch(YoloTask.Classify, 2, 32, 0, i), 0, i);
            Assert.Equal(0, training.Step.Replayed);
            return training.Everything();
        }
    }

    [Fact]
    public void ALossThatIsNoNumberEndsAReplayedStepBeforeTheWeightsChange()
    {
        using var cuda = Devices.OpenRecording();
        using var training = new TinyTraining(cuda, YoloTask.Detect, graphs: true);
        for (int i = 0; i < 3; i++) training.Step.Run(TinyModels.Batch(YoloTask.Detect, 2, 32, 3, i), 0, i);
        Assert.Equal(1, training.Step.Replayed);
        cuda.Fill(training.Model.Parameters.Last(p => p.Kind == ParameterKind.Bias).Value, float.NaN);
        float[][] before = Weights();
        var e = Assert.Throws<InputException>(() => training.Step.Run(TinyModels.Batch(YoloTask.Detect, 2, 32, 3, 3), 0, 3));
        Assert.Equal(2, training.Step.Replayed);
        Assert.StartsWith("training diverged: the ", e.Message, StringComparison.Ordinal);
        Assert.Equal(before, Weights());

        float[][] Weights() => [.. training.Model.Parameters.Select(p => cuda.ToFloats(p.Value))];
    }

    [CudnnFact]
    public void ByCudnnAndCublasAndWithAttentionTheBitsAreTheSameToo()
    {
        using var folder = new TemporaryFolder();
        using var cache = new EnvironmentVariable("NATIVETRAIN_CACHE", folder.Path); // of what is measured
        Assert.Equal(Train(graphs: false), Train(graphs: true));
        string measured = Assert.Single(Directory.GetFiles(folder.File("convolutions")));
        Assert.Contains(File.ReadAllLines(measured), l => l.Contains(" = cudnn ", StringComparison.Ordinal) && !l.Contains("cudnn none", StringComparison.Ordinal));

        static float[][] Train(bool graphs)
        {
            using var cuda = Devices.OpenRecording(ConvLibrary.Cudnn);
            using var training = new TinyTraining(cuda, TinyModels.Spec(YoloTask.Detect, attention: true), graphs, DType.F16, new LossScaler(1024));
            for (int i = 0; i < 4; i++) training.Step.Run(TinyModels.Batch(YoloTask.Detect, 2, 32, 3, i), 0, i);
            Assert.Equal(graphs ? 2 : 0, training.Step.Replayed);
            return training.Everything();
        }
    }
}
