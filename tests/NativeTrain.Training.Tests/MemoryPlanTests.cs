using NativeTrain.Core;
using NativeTrain.Cpu;
using NativeTrain.Nn;
using NativeTrain.Testing;
using NativeTrain.Vision.Data;
using NativeTrain.Vision.Models;
using Xunit;

namespace NativeTrain.Training.Tests;

/// <summary>The planned memory against the memory of the same training on the CPU, to the byte.</summary>
[Collection(nameof(MemoryTests))]
public sealed class MemoryPlanTests(TinySet set) : IClassFixture<TinySet>
{
    private const int Images = 3, Side = 64, Objects = 7;

    private static YoloSpec Spec(YoloTask task) => YoloSpec.BuiltIn('n', task);

    private Recipe Recipe(string optimizer) => new(set.Options($"optimizer={optimizer}"), 12, 4, 3);

    private MemoryPlanner Planner(YoloTask task, string optimizer) => new(TaskWork.For(task, set.Options()), Spec(task), 4, Recipe(optimizer));

    private static ImageBatch Batch(YoloTask task)
    {
        var noise = new byte[Images * Side * Side * 3];
        new Random(0).NextBytes(noise);
        var pixels = new PixelBuffer(noise);
        SampleInfo[] samples = [.. Enumerable.Range(0, Images).Select(i => new SampleInfo($"{i}", Side, Side, 1, 1, 0, 0))];
        if (task == YoloTask.Classify) return new ClassifyBatch(pixels) { N = Images, H = Side, W = Side, Samples = samples, Classes = [0, 1, 2] };
        return new DetectionBatch(pixels)
        {
            N = Images, H = Side, W = Side, Samples = samples, Targets = [.. Enumerable.Repeat(new[] { 0, 1, 0.5f, 0.5f, 0.25f, 0.25f }, Objects).SelectMany(t => t)],
            Masks = task == YoloTask.Segment ? new int[Images * Side / 4 * Side / 4] : null,
        };
    }

    [Theory]
    [InlineData(YoloTask.Detect, "AdamW")]
    [InlineData(YoloTask.Detect, "SGD")]
    [InlineData(YoloTask.Segment, "AdamW")]
    [InlineData(YoloTask.Classify, "AdamW")]
    public void AStepAndAValidationTakeWhatWasPlanned(YoloTask task, string optimizer)
    {
        using var planner = Planner(task, optimizer);
        var work = TaskWork.For(task, set.Options());
        using var backend = new CpuBackend();
        using var model = YoloModel.Create(backend, Spec(task), 4);
        using var moments = Recipe(optimizer).CreateOptimizer(backend, model.Parameters);
        using var ema = new Ema(backend, model.NamedTensors());
        using var step = new TrainingStep(backend, model, moments, ema, Recipe(optimizer), work, 1);
        Assert.Equal(planner.Fixed, backend.Allocator.LiveBytes);

        using var batch = Batch(task);
        step.Run(batch, 0, 0);
        var planned = planner.Step(Images, Side, Side, task == YoloTask.Classify ? Images : Objects);
        Assert.Equal((planned.Peak, planned.Held), (backend.Allocator.PeakBytes, backend.Allocator.HeldBytes));

        backend.Allocator.Trim();
        backend.Allocator.ResetPeak();
        using (var tape = new Tape(backend, record: false, training: false))
        {
            var output = model.Forward(tape, NetworkInput.From(tape, batch));
            work.Loss(tape, output, batch);
            work.Decode(tape, output);
        }
        planned = planner.Validation(Images, Side, Side, task == YoloTask.Classify ? Images : Objects);
        Assert.Equal((planned.Peak, planned.Held), (backend.Allocator.PeakBytes, backend.Allocator.HeldBytes));
    }

    [Fact]
    public void EveryStepOfATrainingTakesWhatWasPlanned()
    {
        using var backend = new CpuBackend();
        var told = new Recorder();
        Trainer.Run(backend, set.Options("epochs=1", "amp=false"), told); // as it is planned here
        using var planner = new MemoryPlanner(TaskWork.For(YoloTask.Detect, set.Options()), Spec(YoloTask.Detect), 4, Recipe("auto"));
        Assert.All(told.Steps, s => Assert.Equal((planner.Fixed, planner.Step(s.Images, s.Height, s.Width, s.Objects).Peak), (s.LiveBytes, s.PeakBytes)));

        using var auto = Auto();
        long most = Math.Max(told.Steps.Max(s => s.PeakBytes), backend.Allocator.PeakBytes); // that of the allocator: since the last step began, of the validations
        Assert.InRange(auto.Plan(4).Peak, most, most + 4096); // but for the objects that the batch with the most could have had
        Assert.InRange(backend.Allocator.HeldBytes, most, 1.05 * auto.Plan(4).Held);
    }

    private AutoBatch Auto(params string[] options)
    {
        var o = set.Options(options);
        var data = DataYaml.Load(set.Data);
        return new AutoBatch(o, TaskWork.For(YoloTask.Detect, o), Spec(YoloTask.Detect), 4,
            Datasets.Open(data, "train", o.ImageSize, SilentProgress.Instance), Datasets.Open(data, "val", o.ImageSize, SilentProgress.Instance));
    }

    [Fact]
    public void TheLargestBatchThatFitsIsTaken()
    {
        using var auto = Auto();
        var seven = auto.Plan(7);
        Assert.Equal(7, auto.Largest(0.5, new(2 * seven.Total, OfHost: true)).Batch);
        Assert.Equal(6, auto.Largest(0.5, new(2 * seven.Total - 2, OfHost: true)).Batch);
        Assert.Equal(TinySet.TrainImages, auto.Largest(1, new(1L << 40, OfHost: true)).Batch); // no more than there are
    }

    [Fact]
    public void EveryThreadsMosaicIsPlanned()
    {
        using var one = Auto("workers=1");
        using var five = Auto("workers=5");
        using var fivePlain = Auto("workers=5", "mosaic=0");
        const long canvas = 3 * 128 * 128;
        int threads = set.Options("workers=5").Workers; // no more than there are cores
        Assert.Equal(threads * canvas, five.Plan(12).Loaders - fivePlain.Plan(12).Loaders);
        Assert.Equal((threads - 1) * canvas, five.Plan(12).Loaders - one.Plan(12).Loaders); // there is but one batch, so as many are ahead
    }

    [Fact]
    public void MasksOfASegmentationArePlanned()
    {
        using var boxes = Planner(YoloTask.Detect, "SGD");
        using var masks = Planner(YoloTask.Segment, "SGD");
        const int prototypes = 16 * 16 * 32 * 4, coefficients = (64 + 16 + 4) * 32 * 4, found = 300 * 16 * 8;
        Assert.Equal(Images * (prototypes + coefficients + found), masks.Validation(Images, Side, Side, Objects).Read - boxes.Validation(Images, Side, Side, Objects).Read);
        Assert.Equal(16 * 16 * 4, TaskWork.For(YoloTask.Segment, set.Options()).LoadedBytes(Side, Side) - TaskWork.For(YoloTask.Detect, set.Options()).LoadedBytes(Side, Side));
    }

    [Fact]
    public void MultiScaleIsPlannedAtItsLargest()
    {
        using var auto = Auto();
        using var larger = Auto("multi_scale=0.5");
        var plan = auto.Plan(12);
        // 2.25 times the pixels; but of so small pictures the final validation, with its second model, takes more than a step.
        Assert.InRange((larger.Plan(12).Peak - plan.Fixed) / (double)(plan.Peak - plan.Fixed), 1.7, 2.25);
    }

    [Theory]
    [InlineData(1, "mosaic=0")]
    [InlineData(2, "mosaic=0", "mixup=0.5")]
    [InlineData(4, "mosaic=0", "mixup=0.5", "copy_paste=0.5")]
    public void TheBatchWithTheMostObjectsIsPlanned(int times, params string[] options)
    {
        var train = Datasets.Open(DataYaml.Load(set.Data), "train", 64, SilentProgress.Instance);
        int[] counts = [.. train.Labels.Select(l => l.Rows.Count).OrderDescending()];
        int most = TaskWork.For(YoloTask.Detect, set.Options(options)).MostObjects(train, 4);
        Assert.Equal(times * counts.Take(4).Sum(), most);
        Assert.Equal(most + times * 12 * counts[0], TaskWork.For(YoloTask.Detect, set.Options([.. options, "mosaic=0.5"])).MostObjects(train, 4));
    }

    /// <summary>Targets are padded to a power of two, which must be one of an int still.</summary>
    [Fact]
    public void MoreObjectsThanAnArrayHoldsAreNotPlanned()
    {
        var train = Datasets.Open(DataYaml.Load(set.Data), "train", 64, SilentProgress.Instance);
        Assert.Equal(1 << 28, TaskWork.For(YoloTask.Detect, set.Options("mosaic=1")).MostObjects(train, 1 << 29));
    }

    [Fact]
    public void WhereNotOneImageFitsItIsSaidWithTheCure()
    {
        using var auto = Auto();
        var e = Assert.Throws<InputException>(() => auto.Largest(0.6, new(100 << 20, OfHost: true)));
        Assert.Matches(@"^batch: not even one image fits: yolo11n at imgsz=64 takes \d+\.\d MiB, 60 % of the free memory are 60\.0 MiB; take a smaller model or lower imgsz$", e.Message);
    }

    [Theory]
    [InlineData("-1", 0.6)]
    [InlineData("0.8", 0.8)]
    public void TrainFindsItsBatch(string given, double share)
    {
        using var auto = Auto();
        long limit = (long)Math.Ceiling(auto.Plan(5).Total / share) + 1;
        using var variable = new EnvironmentVariable("NATIVETRAIN_MEMORY_LIMIT", limit.ToString());
        using var backend = new CpuBackend();
        var told = new Recorder();
        var result = Trainer.Run(backend, set.Options("epochs=1", $"batch={given}"), told);
        Assert.Equal(5, told.Start!.Batch);
        Assert.Contains(told.Messages, m => m.StartsWith($"batch={given}: 5 images a batch; {100 * share} % of the free memory are "));
        Assert.Contains("\nbatch: 5\n", File.ReadAllText(Path.Combine(result.Folder, "args.yaml")));
    }
}
