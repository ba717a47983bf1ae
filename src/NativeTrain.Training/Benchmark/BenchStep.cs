using System.Runtime.InteropServices;
using NativeTrain.Core;
using NativeTrain.Core.Ops;
using NativeTrain.Nn;
using NativeTrain.Vision.Models;
using NativeTrain.Vision.Segment;

namespace NativeTrain.Training;

/// <summary>
/// A whole training step of a model on pictures of noise with a dozen boxes each: the same work as in training, without
/// the loader.
/// </summary>
public sealed class BenchStep : IDisposable
{
    private const int BoxesPerImage = 12;

    private readonly IBackend backend;
    private readonly int batch, imgsz;
    private readonly DType precision;
    private readonly YoloModel model;
    private readonly Optimizer optimizer;
    private readonly Ema ema;
    private readonly byte[] pixels;
    private readonly float[] targets;

    public BenchStep(IBackend backend, YoloSpec spec, int classes, int imgsz, int batch, DType precision)
    {
        this.backend = backend;
        this.batch = batch;
        this.imgsz = imgsz;
        this.precision = precision;
        model = YoloModel.Create(backend, spec, classes);
        optimizer = Optimizer.Create(OptimizerKind.AdamW, backend, ParameterGroups.Split(model.Parameters, 1e-3f, 0.9f, 5e-4f));
        ema = new Ema(backend, model.NamedTensors());
        var random = new Random(0);
        pixels = new byte[batch * imgsz * imgsz * 3];
        random.NextBytes(pixels);
        targets = RandomTargets.Rows(random, batch * BoxesPerImage, batch, classes);
    }

    /// <summary>Forward, loss, backward, clip, optimizer, EMA.</summary>
    /// <param name="observer">Sees the kernels; null: nobody.</param>
    /// <returns>The loss.</returns>
    public float Run(ITapeObserver? observer = null)
    {
        using var tape = new Tape(backend) { Observer = observer, Precision = precision };
        var x = NetworkInput.From(tape, pixels, batch, imgsz, imgsz);
        var loss = Loss(tape, model.Forward(tape, x));
        float value = 0;
        backend.Download(loss, MemoryMarshal.AsBytes(new Span<float>(ref value)));
        tape.Backward(loss);
        tape.Run("optimizer", "step", () =>
        {
            double norm = optimizer.GradNorm();
            optimizer.Step((float)Math.Min(1, 10 / (norm + 1e-6)));
            optimizer.ZeroGrad();
            ema.Update();
        });
        backend.Synchronize();
        return value;
    }

    /// <summary>The task's loss; masks mark nothing (as much work as any), and every picture is of class 0.</summary>
    private Tensor Loss(Tape tape, HeadOutput output) => output switch
    {
        SegmentOutput head => SegmentationLoss.Forward(tape, head, targets, new int[head.Prototypes.Rows]).Loss,
        DetectOutput head => DetectionLoss.Forward(tape, head.Box, head.Cls, head.Strides, targets).Loss,
        ClassifyOutput head => CrossEntropy.Forward(tape, head.Logits, new int[head.Logits.Rows]),
        _ => throw new ArgumentException($"no loss is known for {output.GetType().Name}", nameof(output)),
    };

    public void Dispose()
    {
        ema.Dispose();
        optimizer.Dispose();
        model.Dispose();
    }
}
