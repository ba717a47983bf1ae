using NativeTrain.Core;
using NativeTrain.Nn;
using NativeTrain.Vision.Data;
using NativeTrain.Vision.Models;

namespace NativeTrain.Training;

/// <summary>
/// A whole training step of a model on pictures of noise with a dozen boxes each: the same work as in training, without
/// the loader. Masks mark nothing (as much work as any), and every picture is of class 0.
/// </summary>
public sealed class BenchStep : IDisposable
{
    private const int BoxesPerImage = 12;

    private readonly IBackend backend;
    private readonly YoloModel model;
    private readonly Optimizer optimizer;
    private readonly Ema ema;
    private readonly Replays replays;
    private readonly GradientPass pass;
    private readonly ImageBatch images;

    /// <param name="backend">Where to compute.</param>
    /// <param name="spec">The model's graph.</param>
    /// <param name="classes">Classes of its head.</param>
    /// <param name="imgsz">Sides of the pictures, in pixels.</param>
    /// <param name="batch">Pictures a step.</param>
    /// <param name="precision">Element type of the feature maps.</param>
    /// <param name="graphs">Whether the device may replay the step, where it can.</param>
    public BenchStep(IBackend backend, YoloSpec spec, int classes, int imgsz, int batch, DType precision, bool graphs = true)
        : this(YoloModel.Create(backend, spec, classes), Noise(spec.Task, batch, imgsz, classes), precision, graphs)
    {
    }

    /// <param name="model">The model, which is disposed with this.</param>
    /// <param name="images">The batch of every step; the caller's to dispose.</param>
    /// <param name="precision">Element type of the feature maps.</param>
    /// <param name="graphs">Whether the device may replay the step, where it can.</param>
    /// <param name="learningRate">AdamW's.</param>
    public BenchStep(YoloModel model, ImageBatch images, DType precision, bool graphs = true, float learningRate = 1e-3f)
    {
        ArgumentNullException.ThrowIfNull(model);
        backend = model.Backend;
        this.model = model;
        this.images = images;
        optimizer = Optimizer.Create(OptimizerKind.AdamW, backend, ParameterGroups.Split(model.Parameters, learningRate, 0.9f, 5e-4f));
        ema = new Ema(backend, model.NamedTensors());
        replays = new Replays(backend, graphs);
        pass = new GradientPass(backend, model, TaskWork.For(model.Task, TrainOptions.Parse(Verb.Train)), replays, precision);
    }

    /// <summary>Steps whose forward and backward pass the device replayed so far.</summary>
    public long Replayed => replays.Count;

    /// <summary>Forward, loss, backward, clip, optimizer, EMA.</summary>
    /// <param name="observer">Sees the kernels; null: nobody.</param>
    /// <returns>The loss, the sum of its terms.</returns>
    public float Run(ITapeObserver? observer = null)
    {
        var loss = pass.Run(images, seed: 1, observer: observer);
        using var tape = new Tape(backend) { Observer = observer };
        tape.Run("optimizer", "step", () =>
        {
            double norm = optimizer.GradNorm();
            optimizer.Step((float)Math.Min(1, 10 / (norm + 1e-6)));
            optimizer.ZeroGrad();
            ema.Update();
        });
        backend.Synchronize();
        return (float)loss.Total;
    }

    private static ImageBatch Noise(YoloTask task, int n, int size, int classes)
    {
        var random = new Random(0);
        byte[] bytes = new byte[n * size * size * 3];
        random.NextBytes(bytes);
        var pixels = new PixelBuffer(bytes);
        if (task == YoloTask.Classify) return new ClassifyBatch(pixels) { N = n, H = size, W = size, Samples = [], Classes = new int[n] };
        return new DetectionBatch(pixels)
        {
            N = n, H = size, W = size, Samples = [],
            Targets = RandomTargets.Rows(random, n * BoxesPerImage, n, classes), Masks = new int[n * (size / 4) * (size / 4)],
        };
    }

    public void Dispose()
    {
        replays.Dispose();
        ema.Dispose();
        optimizer.Dispose();
        model.Dispose();
    }
}
