using System.Runtime.InteropServices;
using NativeTrain.Core;
using NativeTrain.Vision.Data;
using NativeTrain.Vision.Models;

namespace NativeTrain.Training;

/// <summary>A task's loss of one batch; the tape owns the tensors.</summary>
/// <param name="Loss">[1]: where the walk back starts.</param>
/// <param name="Items">[K]: the terms of <see cref="TaskWork.LossNames"/>.</param>
public readonly record struct TaskLoss(Tensor Loss, Tensor Items);

/// <summary>
/// All that training, validation and prediction do differently from task to task. Everything else is written once,
/// against this class.
/// </summary>
/// <param name="options">The run's options.</param>
public abstract class TaskWork(TrainOptions options)
{
    /// <summary>The work of a task under a run's options.</summary>
    /// <param name="task">The model's.</param>
    /// <param name="options">The run's options.</param>
    /// <exception cref="InputException">task= names another one.</exception>
    public static TaskWork For(YoloTask task, TrainOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        if (options.Task is { } asked && asked != TaskNames.Of(task))
            throw new InputException($"task={asked}: model={options.Model} is a model to {TaskNames.Of(task)}; leave task= out or give another model (yolo11n{TaskNames.Suffix(asked)}.yaml)");
        return task switch
        {
            YoloTask.Detect => new DetectWork(options),
            YoloTask.Segment => new SegmentWork(options),
            YoloTask.Classify => new ClassifyWork(options),
            _ => throw new ArgumentOutOfRangeException(nameof(task), task, "no such task"),
        };
    }

    protected TrainOptions Options { get; } = options;

    public abstract YoloTask Task { get; }

    /// <summary>The terms of the loss.</summary>
    public abstract IReadOnlyList<string> LossNames { get; }

    /// <summary>The figures of a validation.</summary>
    public abstract IReadOnlyList<MetricName> Metrics { get; }

    /// <summary>Names of options that are about other tasks.</summary>
    protected abstract IReadOnlyList<string> OptionsOfOtherTasks { get; }

    /// <summary>What the user should know of how the options were taken, a line each: theirs, and which of them have no effect on this task.</summary>
    public IEnumerable<string> Notices
    {
        get
        {
            var given = Options.Values.Where(v => OptionsOfOtherTasks.Contains(v.Name) && v.Value != OptionTable.Find(v.Name)!.DefaultFor(Options.Verb)).Select(v => v.Name).ToList();
            return given.Count == 0 ? Options.Notices : [.. Options.Notices, $"{string.Join(", ", given)}: of no effect on a model to {TaskNames.Of(Task)}"];
        }
    }

    /// <summary>Whether training pictures are made of several, until close_mosaic ends it.</summary>
    public virtual bool HasMosaic => false;

    /// <summary>Reads the description of the data set that data= names.</summary>
    /// <exception cref="InputException">It is missing or malformed.</exception>
    public abstract TaskData OpenData(ITrainingProgress progress);

    /// <summary>Whether the loss is a mean over the batch, so that a part's gradient counts by its share; else it is a sum over images.</summary>
    public virtual bool LossIsMean => false;

    /// <summary>What a training step draws from: a function of the seed, the epoch and the step. (Samples have numbers from −1 on.)</summary>
    public ulong RandomKey(int epoch, int step) => new SampleRandom(Options.Seed, epoch, -2 - step).NextBits();

    /// <summary>A batch of this many images and true objects without contents: what its step takes of memory can be planned.</summary>
    public abstract ImageBatch Blank(int n, int h, int w, int objects);

    /// <summary>The most objects that a training batch of so many images can have: the loss takes memory for each.</summary>
    public abstract int MostObjects(IImageSet set, int batch);

    /// <summary>The longest side of a validation batch: rectangular ones have half a stride of margin.</summary>
    public virtual int ValidationSide(int imgsz) => imgsz + 32;

    /// <summary>What is true of a batch, as <see cref="Loss(Tape, HeadOutput, IReadOnlyList{Tensor})"/> wants it on the device. Batches of a size come to few shapes.</summary>
    /// <param name="batch">The batch.</param>
    /// <param name="classes">Classes of the model.</param>
    /// <exception cref="ArgumentException">The batch names a class that the model has not.</exception>
    public abstract IReadOnlyList<HostTensor> Truth(ImageBatch batch, int classes);

    /// <summary>Computes the loss of what a model gave for a batch whose <see cref="Truth"/> is on the device.</summary>
    public abstract TaskLoss Loss(Tape tape, HeadOutput output, IReadOnlyList<Tensor> truth);

    /// <summary>The same of a batch that is not on the device yet.</summary>
    public TaskLoss Loss(Tape tape, HeadOutput output, ImageBatch batch)
    {
        ArgumentNullException.ThrowIfNull(output);
        return Loss(tape, output, [.. Truth(batch, output.Classes).Select(t => t.Upload(tape))]);
    }

    /// <summary>Computes on the device what a <see cref="Measurement"/> reads of a model's output, where that is more than the output itself.</summary>
    public virtual Tensor? Decode(Tape tape, HeadOutput output) => null;

    /// <summary>Host memory of one image of a batch, in bytes: its pixels, and what else the loader makes for it.</summary>
    public virtual long LoadedBytes(int h, int w) => 3L * h * w;

    /// <summary>Host memory that a loader's thread works with, in bytes, for pictures of a size.</summary>
    public virtual long LoaderScratch(int imgsz) => 0;

    /// <summary>Host memory that a <see cref="Measurement"/> takes for a batch, in bytes.</summary>
    public virtual long MeasuredBytes(Tape tape, HeadOutput output) => Decode(tape, output)?.Bytes ?? 0;

    /// <summary>Begins a validation.</summary>
    /// <param name="names">Class names.</param>
    /// <param name="folder">Where pictures and files go; null: nothing is written.</param>
    /// <param name="defers"><see cref="Measurement.Defers"/>.</param>
    public abstract Measurement Measure(IReadOnlyList<string> names, string? folder, bool defers = false);

    /// <summary>Draws how the labels of a training set are spread: labels.png.</summary>
    public abstract void DrawLabels(string folder, IImageSet set, IReadOnlyList<string> names);

    /// <summary>Draws a training batch as the network sees it: train_batchN.jpg.</summary>
    public abstract void DrawBatch(string folder, int number, ImageBatch batch, IReadOnlyList<string> names);

    /// <summary>What looks at single pictures.</summary>
    public abstract IPredictor Predictor(YoloModel model, IReadOnlyList<string> names);

    /// <summary>The terms of a loss, in host memory.</summary>
    /// <param name="backend">Where they are.</param>
    /// <param name="items">[K]: <see cref="TaskLoss.Items"/>.</param>
    public LossItems ReadItems(IBackend backend, Tensor items)
    {
        ArgumentNullException.ThrowIfNull(backend);
        var terms = new float[LossNames.Count];
        backend.Download(items, MemoryMarshal.AsBytes(terms.AsSpan()));
        return new LossItems(LossNames, [.. terms.Select(t => (double)t)]);
    }
}

/// <summary>A data set of a task: its classes, its parts and their loaders.</summary>
public abstract class TaskData
{
    /// <summary>Class names by index.</summary>
    public abstract IReadOnlyList<string> Names { get; }

    /// <summary>Opens "train", "val" or "test"; tells what it holds and what of it is skipped.</summary>
    /// <param name="split">Which.</param>
    /// <param name="backend">What it is to be validated on: then pixels that are kept in memory lie where it uploads from; null: it is to be trained on, and samples are made on the host.</param>
    /// <exception cref="InputException">It is missing, or nothing of it can be used.</exception>
    public abstract IImageSet Open(string split, IBackend? backend = null);

    /// <summary>Batches to train on, in host memory of the backend's; of each, where there are several processes, this one's part.</summary>
    public abstract ITrainLoader TrainLoader(IImageSet set, int batch, IBackend backend, Shard? shard = null);

    /// <summary>Batches to validate on, in host memory of the backend's; where there are several processes, this one's.</summary>
    public abstract IValLoader ValLoader(IImageSet set, int batch, bool rect, IBackend backend, Shard? shard = null);

    /// <summary>cache=, in memory of the device's own where it uploads from there (a device that computes in the host's memory has none).</summary>
    protected static CacheOptions Cache(TrainOptions options, IBackend? backend)
    {
        ArgumentNullException.ThrowIfNull(options);
        return new CacheOptions { Mode = options.Cache, Memory = backend is null || backend.MemoryLeft.OfHost ? null : backend.AllocateHost };
    }
}
