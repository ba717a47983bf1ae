using NativeTrain.Core;
using NativeTrain.Cpu;
using NativeTrain.Nn;
using NativeTrain.Testing;
using NativeTrain.Vision.Data;
using NativeTrain.Vision.Models;
using Xunit;

namespace NativeTrain.Training.Tests;

/// <summary>Steps and trainings whose memory runs out on the way. They set the process's limit, so they run alone.</summary>
[Collection(nameof(MemoryTests))]
public sealed class OutOfMemoryTests(TinySet set) : IClassFixture<TinySet>
{
    private const long MiB = 1 << 20;

    /// <summary>What two micro-batches leave: gradients, running statistics, losses; and the memory they took.</summary>
    private sealed record Left(float[][] Tensors, LossItems Loss, int Parts, long Held, IReadOnlyList<string> Messages);

    /// <summary>The limit stands while the second micro-batch is computed, in which nothing of the first may be lost.</summary>
    private Left TwoBatches(long? limit, int parts)
    {
        var told = new Recorder();
        var options = set.Options("optimizer=SGD", "warmup_epochs=0", "nbs=64", "batch=8");
        using var variable = new EnvironmentVariable("NATIVETRAIN_MEMORY_LIMIT", limit is { } l ? l.ToString() : "");
        using var backend = new CpuBackend();
        using var model = YoloModel.Create(backend, YoloSpec.BuiltIn('n'), 4, seed: 0);
        var recipe = new Recipe(options, 16, 4, 2);
        using var optimizer = recipe.CreateOptimizer(backend, model.Parameters);
        using var ema = new Ema(backend, model.NamedTensors());
        using var step = new TrainingStep(backend, model, optimizer, ema, recipe, TaskWork.For(YoloTask.Detect, options), 2, told);
        using var small = Batch(1, 32);
        using var large = Batch(8, 64);
        step.Run(small, 0, 0);
        step.Parts = parts;
        var loss = step.Run(large, 0, 1).Loss;
        return new Left([.. model.Parameters.Select(p => backend.ToFloats(p.Grad)), .. model.NamedTensors().Select(t => backend.ToFloats(t.Tensor))],
            loss, step.Parts, backend.Allocator.HeldBytes, told.Messages);
    }

    private static DetectionBatch Batch(int n, int size)
    {
        byte[] pixels = new byte[n * size * size * 3];
        new Random(n).NextBytes(pixels);
        return new DetectionBatch(new PixelBuffer(pixels))
        {
            N = n, H = size, W = size, Targets = [.. Enumerable.Range(0, n).SelectMany(i => new[] { i, i % 4, 0.5f, 0.5f, 0.5f, 0.25f })],
            Samples = [.. Enumerable.Range(0, n).Select(i => new SampleInfo($"{i}", size, size, 1, 1, 0, 0))],
        };
    }

    [Fact]
    public void WhereverMemoryRunsOutTheStepIsThatOfSmallerBatches()
    {
        var whole = TwoBatches(null, 1);
        var smallest = TwoBatches(null, 8);
        var byParts = new Dictionary<int, Left> { [1] = whole };
        var seen = new HashSet<int>();
        for (long limit = smallest.Held; limit < whole.Held; limit += 2 * MiB)
        {
            var left = TwoBatches(limit, 1);
            if (!byParts.TryGetValue(left.Parts, out var expected)) byParts[left.Parts] = expected = TwoBatches(null, left.Parts);
            seen.Add(left.Parts);
            Assert.True(left.Held <= limit);
            Assert.Equal(expected.Loss.Values, left.Loss.Values);
            foreach (var (a, b) in expected.Tensors.Zip(left.Tensors)) Assert.Equal(a, b);
            Assert.Equal(Math.Log2(left.Parts), left.Messages.Count(m => m.Contains($"training goes on with each batch in ")));
        }
        Assert.Contains(2, seen);
        Assert.Contains(4, seen);
    }

    /// <summary>Two parts have other batch statistics than the whole, so the weights tell whether the parts came back.</summary>
    [Fact]
    public void AResumedTrainingGoesOnInAsManyParts()
    {
        string[] options = ["imgsz=128", "batch=8", "warmup_epochs=0", "nbs=8", "val=false", "amp=false"]; // in bf16 a second model takes more than a step does
        long held = Held("whole", null, options);
        long limit = held - 24 * MiB;
        var told = new Recorder { AtStep = s => { if (s is { Epoch: 2, Step: 1 }) throw new OperationCanceledException(); } };
        Held("in-parts", limit, options);
        Assert.Throws<OperationCanceledException>(() => Held("cut", limit, options, told));
        Assert.Single(told.Messages, m => m.Contains("training goes on with each batch in 2 parts"));

        told = new Recorder();
        Trainer.Run(set.Backend, TrainOptions.Parse(Verb.Train, $"resume={Path.Combine(set.Folder, "runs", "cut")}"), told); // with all the memory there is
        Assert.Equal((2, 1), (told.Steps[0].Epoch, told.Steps[0].Step));
        Assert.Equal(Weights("in-parts"), Weights("cut"));
        Assert.NotEqual(Weights("whole"), Weights("cut"));

        byte[] Weights(string run) => File.ReadAllBytes(Path.Combine(set.Folder, "runs", run, "weights", "last.safetensors"));
    }

    /// <summary>Trains under a limit; returns the memory that was held for the tensors.</summary>
    private long Held(string name, long? limit, string[] options, Recorder? told = null)
    {
        using var variable = new EnvironmentVariable("NATIVETRAIN_MEMORY_LIMIT", limit is { } l ? l.ToString() : "");
        using var backend = new CpuBackend();
        Trainer.Run(backend, set.Options([.. options, $"name={name}"]), told);
        return backend.Allocator.HeldBytes;
    }

    [Theory]
    [InlineData(YoloTask.Detect)]
    [InlineData(YoloTask.Segment)]
    public void AValidationGoesOnInPartsWithTheSameBoxes(YoloTask task)
    {
        var whole = Validate(task, null, []);
        var told = new Recorder();
        var parts = Validate(task, whole.Held - 8 * MiB, [], told);
        string message = Assert.Single(told.Messages, m => m.Contains("validation goes on"));
        Assert.EndsWith("validation goes on with 3 images at once; nothing is lost", message);
        Assert.Equal((whole.Result.Images, whole.Result.Objects), (parts.Result.Images, parts.Result.Objects));
        Assert.Equal(whole.Result.Metrics, parts.Result.Metrics);
        Assert.Equal(whole.Outputs.Order(), parts.Outputs.Order());
        Assert.Contains(whole.Outputs, x => x != 0);
    }

    [Fact]
    public void AClassifiersValidationInPartsHasTheSameLossAndAccuracy()
    {
        string folder = Path.Combine(set.Folder, "classes");
        ShapesGenerator.Write(folder, train: 8, val: 8, size: 64, seed: 1, YoloTask.Classify);
        var whole = Validate(YoloTask.Classify, null, [$"data={folder}"]);
        var told = new Recorder();
        var parts = Validate(YoloTask.Classify, whole.Held - 4 * MiB, [$"data={folder}"], told);
        Assert.Single(told.Messages, m => m.Contains("validation goes on"));
        Assert.Equal(whole.Result.Metrics, parts.Result.Metrics);
        Assert.Equal(whole.Result.Loss.Values[0], parts.Result.Loss.Values[0], 1e-5); // a mean over pictures, in whatever parts
    }

    private sealed record Validated(ValidationResult Result, long Held, List<float> Outputs);

    private Validated Validate(YoloTask task, long? limit, string[] more, Recorder? told = null)
    {
        told ??= new Recorder();
        var options = set.Options(["imgsz=320", .. more]);
        using var variable = new EnvironmentVariable("NATIVETRAIN_MEMORY_LIMIT", limit is { } l ? l.ToString() : "");
        using var backend = new CpuBackend();
        var work = TaskWork.For(task, options);
        var data = work.OpenData(told);
        using var model = YoloModel.Create(backend, YoloSpec.BuiltIn('n', task), data.Names.Count, seed: 0);
        using var val = data.Open("val");
        using var loader = data.ValLoader(val, val.Count, rect: false, backend);
        var measurement = new Listening(work.Measure(data.Names, folder: null));
        var result = new ValidationPass(backend, work, told).Run(model, loader, measurement, default)!;
        return new Validated(result, backend.Allocator.HeldBytes, measurement.Outputs);
    }

    /// <summary>Also keeps what the model says of the boxes.</summary>
    private sealed class Listening(Measurement inner) : Measurement
    {
        public List<float> Outputs { get; } = [];

        public override void Add(Tape tape, HeadOutput output, ImageBatch batch)
        {
            inner.Add(tape, output, batch);
            if (output is DetectOutput head) Outputs.AddRange(head.Box.SelectMany(tape.Backend.ToFloats));
        }

        public override byte[] TakeFound() => inner.TakeFound();

        public override void Count(byte[] found) => inner.Count(found);

        public override ValidationResult Result(LossItems loss, int images, int objects, TimeSpan elapsed) => inner.Result(loss, images, objects, elapsed);

        public override void Write(ValidationResult result) => inner.Write(result);
    }

    [Fact]
    public void WithoutMemoryForOneImageThereIsOneClearLine()
    {
        var least = TwoBatches(null, 8);
        var e = Assert.Throws<OutOfDeviceMemoryException>(() => TwoBatches(least.Held - 16 * MiB, 1));
        Assert.Contains("lower batch or imgsz, or take a smaller model", e.Message);
    }

    /// <summary>A step in parts has other launches than the one whose graph is shown.</summary>
    [Fact]
    public void InspectNeedsRoomForTheWholeBatch()
    {
        using var variable = new EnvironmentVariable("NATIVETRAIN_MEMORY_LIMIT", $"{400 * MiB}"); // the roofline's maps and the model fit
        using var backend = new CpuBackend();
        using var inspector = new StepInspector(backend, set.Options("imgsz=320", "batch=12", "amp=false"), SilentProgress.Instance);
        foreach (int _ in Enumerable.Range(0, 2))
            Assert.Equal("batch=12 does not fit into memory in one piece; give a smaller one", Assert.Throws<InputException>(() => inspector.Next()).Message);
    }

    [Fact]
    public void PartsOfABatchHaveItsPicturesAndTargets()
    {
        using var batch = Batch(5, 32);
        var part = (DetectionBatch)batch.Part(2, 2);
        Assert.Equal(batch.Images.Slice(2 * 32 * 32 * 3, 2 * 32 * 32 * 3), part.Images);
        Assert.Equal([0, 2, 0.5f, 0.5f, 0.5f, 0.25f, 1, 3, 0.5f, 0.5f, 0.5f, 0.25f], part.Targets);
        Assert.Equal(["2", "3"], part.Samples.Select(s => s.Path));
        Assert.Equal(batch.Images.Slice(3 * 32 * 32 * 3, 32 * 32 * 3), part.Part(1, 1).Images);
    }
}
