using NativeTrain.Core;
using NativeTrain.Nn;
using NativeTrain.Training;
using NativeTrain.Vision.Data;
using NativeTrain.Vision.Models;

namespace NativeTrain.Cuda.Tests.Graphs;

/// <summary>Models of a few layers, and batches for them.</summary>
internal static class TinyModels
{
    public const int Classes = 3;

    /// <summary>A graph with a block and, for objects, levels of strides 8 and 16.</summary>
    /// <param name="task">What its head is for.</param>
    /// <param name="attention">With a block of attention too.</param>
    public static YoloSpec Spec(YoloTask task, bool attention = false)
    {
        List<LayerSpec> layers = [Layer("Conv", "8", "3", "2"), Layer("Conv", "16", "3", "2"), Layer("Conv", "16", "3", "2"), Layer("C3k2", "16", "false", "0.5")];
        if (task != YoloTask.Classify) layers.Add(Layer("Conv", attention ? "128" : "32", "3", "2"));
        if (attention) layers.Add(Layer("C2PSA", "128"));
        string[] head = task == YoloTask.Segment ? ["32", "16"] : [];
        layers.Add(new LayerSpec(task == YoloTask.Classify ? [-1] : [3, layers.Count - 1], 1, task.ToString(), head));
        return new YoloSpec("tiny", 'n', 1, 1, 1024, layers);

        static LayerSpec Layer(string block, params string[] arguments) => new([-1], 1, block, arguments);
    }

    /// <summary>Noise with so many objects.</summary>
    public static ImageBatch Batch(YoloTask task, int images, int size, int objects, int seed)
    {
        var random = new Random(seed);
        byte[] bytes = new byte[images * size * size * 3];
        random.NextBytes(bytes);
        var pixels = new PixelBuffer(bytes);
        SampleInfo[] samples = [.. Enumerable.Range(0, images).Select(i => new SampleInfo($"{i}", size, size, 1, 1, 0, 0))];
        if (task == YoloTask.Classify)
            return new ClassifyBatch(pixels) { N = images, H = size, W = size, Samples = samples, Classes = [.. Enumerable.Range(0, images).Select(_ => random.Next(Classes))] };
        int[] masks = new int[images * (size / 4) * (size / 4)];
        for (int i = 0; i < masks.Length; i++) masks[i] = random.Next(objects + 1);
        return new DetectionBatch(pixels)
        {
            N = images, H = size, W = size, Samples = samples, Masks = task == YoloTask.Segment ? masks : null,
            Targets = [.. Enumerable.Range(0, objects).SelectMany(i => new[] { i * images / objects, random.Next(Classes), 0.3f + 0.4f * random.NextSingle(), 0.3f + 0.4f * random.NextSingle(), 0.3f, 0.1f + 0.4f * random.NextSingle() })],
        };
    }
}

/// <summary>A tiny model and what trains it.</summary>
internal sealed class TinyTraining : IDisposable
{
    private readonly IBackend backend;

    public TinyTraining(IBackend backend, YoloTask task, bool graphs, DType precision = DType.F32, LossScaler? scaler = null, Action<string>? told = null, params string[] options)
        : this(backend, TinyModels.Spec(task), graphs, precision, scaler, told, options)
    {
    }

    public TinyTraining(IBackend backend, YoloSpec spec, bool graphs, DType precision = DType.F32, LossScaler? scaler = null, Action<string>? told = null, params string[] options)
    {
        this.backend = backend;
        var o = TrainOptions.Parse(Verb.Train, ["optimizer=AdamW", "lr0=0.01", "warmup_epochs=0", "nbs=2", "batch=2", .. options]);
        Model = YoloModel.Create(backend, spec, TinyModels.Classes, seed: 0);
        if (Model.Head is ClassifyHead head) head.Dropout = o.Dropout;
        var recipe = new Recipe(o, 24, TinyModels.Classes, 12);
        Optimizer = recipe.CreateOptimizer(backend, Model.Parameters);
        Ema = new Ema(backend, Model.NamedTensors());
        Step = new TrainingStep(backend, Model, Optimizer, Ema, recipe, TaskWork.For(Model.Task, o), 12, told is null ? null : new Listener(told), precision, scaler, graphs);
    }

    public YoloModel Model { get; }
    public Optimizer Optimizer { get; }
    public Ema Ema { get; }
    public TrainingStep Step { get; }

    /// <summary>Weights, statistics, their averages and the gradients.</summary>
    public float[][] Everything() =>
        [.. Model.NamedTensors().Concat(Ema.Averages).Select(t => t.Tensor).Concat(Model.Parameters.Select(p => p.Grad)).Select(t => backend.ToFloats(t))];

    public void Dispose()
    {
        Step.Dispose();
        Ema.Dispose();
        Optimizer.Dispose();
        Model.Dispose();
    }
}

/// <summary>Hears messages.</summary>
internal sealed class Listener(Action<string> told) : ITrainingProgress
{
    public void OnMessage(string message) => told(message);
}
