using System.Diagnostics;
using NativeTrain.Core;
using NativeTrain.Nn;
using NativeTrain.Vision.Data;
using NativeTrain.Vision.Models;

namespace NativeTrain.Training;

/// <summary>
/// Runs training steps of a model on its data and looks into each. A step is run several times from the same state, to the same bits: once to
/// record its graph and memory, some times plain and some times with a clock at every launch (in turn, so that what else
/// the machine does meets both), and once to look at its numbers.
/// </summary>
public sealed class StepInspector : IDisposable
{
    /// <summary>Plain and timed runs of a step: as many as fit into the time, so that the emulator too comes to an end.</summary>
    private const int LeastTrials = 2, MostTrials = 7;

    private static readonly TimeSpan TrialTime = TimeSpan.FromSeconds(40);

    private readonly IBackend backend;
    private readonly TrainOptions options;
    private readonly TaskWork work;
    private readonly TaskData data;
    private readonly IImageSet set;
    private readonly YoloModel model;
    private readonly ITrainLoader loader;
    private readonly Recipe recipe;
    private readonly Optimizer optimizer;
    private readonly Ema ema;
    private readonly TrainingStep step;
    private readonly Precision precision;
    private readonly Roofline roofline;
    private readonly IEnumerator<(ImageBatch Batch, int Epoch, int Step)> batches;
    private readonly int image;
    private int steps;

    /// <param name="backend">Where to compute.</param>
    /// <param name="options">Of a training. Unless given, there is no warm-up (its first rate is 0: no weight would move) and every batch is a step.</param>
    /// <param name="progress">Told of what is read and decided.</param>
    /// <param name="image">The picture of a batch whose maps are shown; the last where there are fewer.</param>
    /// <exception cref="InputException">An option, the data set or the weights file is at fault.</exception>
    public StepInspector(IBackend backend, TrainOptions options, ITrainingProgress progress, int image = 0)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(progress);
        if (options.Resume is not null) throw new InputException("inspect starts anew; give model= instead of resume=");
        if (options.BatchShare is not null) throw new InputException("inspect finds no batch by itself; give batch= a number of images");
        if (!options.IsGiven("warmup_epochs")) options = options.With("warmup_epochs=0");
        if (!options.IsGiven("nbs")) options = options.With($"nbs={options.Batch}");
        this.backend = backend;
        this.options = options;
        this.image = image;
        work = TaskWork.For(ModelSource.TaskOf(options), options);
        data = work.OpenData(progress);
        set = data.Open("train");
        precision = Precision.Of(options, backend);
        model = ModelSource.ForTraining(backend, options, data.Names.Count, progress);
        ModelSource.Prepare(model, options, progress);
        loader = data.TrainLoader(set, options.Batch, backend);
        recipe = new Recipe(options, set.Count, data.Names.Count, loader.BatchesPerEpoch);
        optimizer = recipe.CreateOptimizer(backend, model.Parameters);
        ema = new Ema(backend, model.NamedTensors());
        step = new TrainingStep(backend, model, optimizer, ema, recipe, work, loader.BatchesPerEpoch, progress, precision.Type, precision.CreateScaler(), graphs: false); // what is looked at is launched kernel by kernel
        batches = EndlessBatches.Of(epoch => loader.Epoch(epoch, recipe.MosaicIn(epoch))).GetEnumerator();
        foreach (string notice in work.Notices) progress.OnMessage(notice);
        if (precision.Notice is { } computed) progress.OnMessage(computed);
        roofline = Roofline.Measure(backend, precision.Type);
    }

    /// <summary>Trains on the next batch and tells all about it.</summary>
    /// <param name="cancellation">Looked at between the runs of the step.</param>
    /// <exception cref="InputException">The training diverged, or the batch does not fit into memory in one piece.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public StepDocument Next(CancellationToken cancellation = default)
    {
        batches.MoveNext();
        var (batch, epoch, number) = batches.Current;
        using (batch)
        {
            var start = new StepState(backend, model, optimizer, ema, step);
            backend.Synchronize();
            backend.Allocator.ResetPeak();
            var memory = new MemoryRecorder(backend.Allocator);
            var graph = new StepRecorder(memory);
            StepResult Run(ITapeObserver? observer)
            {
                cancellation.ThrowIfCancellationRequested();
                step.Observer = observer;
                var result = step.Run(batch, epoch, number);
                if (step.Parts == 1) return result;
                // In parts it has other launches than the graph that was recorded, or no one graph at all.
                start.Restore();
                step.Parts = 1;
                throw new InputException($"batch={batch.N} does not fit into memory in one piece; give a smaller one");
            }
            Run(graph);
            long peak = backend.Allocator.PeakBytes;
            var plain = new List<double>();
            var clocks = new List<LaunchClock>();
            var watch = Stopwatch.StartNew();
            for (int i = 0; i < MostTrials && (i < LeastTrials || watch.Elapsed < TrialTime); i++)
            {
                start.Restore();
                plain.Add(DeviceClock.Seconds(backend, () => Run(null)));
                start.Restore();
                var clock = new LaunchClock(backend);
                clock.Total = DeviceClock.Seconds(backend, () => Run(clock));
                clocks.Add(clock);
            }
            start.Restore();
            var values = new ValueRecorder(backend, model.Parameters, step.Scaler?.Scale ?? 1, Math.Min(image, batch.N - 1));
            var result = Run(values);
            // What else a machine does only ever adds, so the fastest run of each kind says the most of the step.
            var fastest = clocks.MinBy(c => c.Total)!;
            return new StepReport(About(batch), model, roofline, graph, memory, values, fastest.Seconds)
            {
                Plain = plain, Seconds = plain.Min(), Between = fastest.Total - fastest.Seconds.Sum(), PeakBytes = peak, Result = result, Before = Before(), Batch = batch, Names = data.Names,
            }.Document();
        }
    }

    private StepAbout About(ImageBatch batch) => new(model.Spec.Name, TaskNames.Of(work.Task), options.Data, batch.N, batch.H, batch.W, backend.Description, precision.Type.ToString(),
        model.ParameterCount, data.Names, recipe.ToString(), ++steps, roofline.BytesPerSecond, roofline.FlopsPerSecond, roofline.FloatFlopsPerSecond);

    /// <summary>What of the live memory is what, outside of a step.</summary>
    private IReadOnlyList<MemoryPart> Before()
    {
        static long Sum(IEnumerable<Tensor> tensors) => tensors.Sum(t => ArenaAllocator.Size(t.Bytes));
        (string Name, long Bytes)[] parts =
        [
            ("weights and running statistics", Sum(model.NamedTensors().Select(t => t.Tensor))),
            ("gradients of the weights", Sum(model.Parameters.Select(p => p.Grad))),
            ("the optimizer's moments", Sum(optimizer.State.Select(s => s.Tensor))),
            ("averaged weights", Sum(ema.Averages.Select(a => a.Tensor))),
        ];
        long rest = backend.Allocator.LiveBytes - parts.Sum(p => p.Bytes);
        return [.. parts.Append(("room to swap averages in and to take a step back", rest)).Select(p => new MemoryPart(p.Item1, p.Item2))];
    }

    public void Dispose()
    {
        batches.Dispose();
        step.Dispose();
        ema.Dispose();
        optimizer.Dispose();
        loader.Dispose();
        model.Dispose();
        set.Dispose();
    }
}
