using System.Diagnostics;
using System.Runtime.InteropServices;
using NativeTrain.Core;
using NativeTrain.Core.Ops;
using NativeTrain.Nn;
using NativeTrain.Vision.Models;
using NativeTrain.Vision.Segment;

namespace NativeTrain.Training;

/// <summary>What <see cref="TrainBench.Run"/> measured.</summary>
/// <param name="StepSeconds">Each timed step: forward, loss, backward, clip, optimizer, EMA.</param>
/// <param name="Kernels">One further step, kernel by kernel.</param>
/// <param name="PeakBytes">Most tensor bytes alive during a step.</param>
/// <param name="Loss">Loss of each timed step.</param>
public sealed record TrainBenchResult(int Batch, IReadOnlyList<double> StepSeconds, IReadOnlyList<KernelTime> Kernels, long PeakBytes, IReadOnlyList<float> Loss)
{
    public double MedianSeconds => StepSeconds.Order().ElementAt(StepSeconds.Count / 2);
    public double ImagesPerSecond => Batch / MedianSeconds;
}

/// <summary>
/// Times whole training steps of a model on pictures of noise with a dozen boxes each: the same work as in training,
/// without the loader.
/// </summary>
public static class TrainBench
{
    private const int BoxesPerImage = 12;

    public static TrainBenchResult Run(IBackend backend, YoloSpec spec, int classes, int imgsz, int batch, int steps, int warmup = 2, DType precision = DType.F32)
    {
        ArgumentNullException.ThrowIfNull(backend);
        using var model = YoloModel.Create(backend, spec, classes);
        using var optimizer = Optimizer.Create(OptimizerKind.AdamW, backend, ParameterGroups.Split(model.Parameters, 1e-3f, 0.9f, 5e-4f));
        using var ema = new Ema(backend, model.NamedTensors());
        var random = new Random(0);
        var pixels = new byte[batch * imgsz * imgsz * 3];
        random.NextBytes(pixels);
        float[] targets = RandomTargets(random, batch, classes);

        float Step(ITapeObserver? observer)
        {
            using var tape = new Tape(backend) { Observer = observer, Precision = precision };
            var x = NetworkInput.From(tape, pixels, batch, imgsz, imgsz);
            var loss = Loss(tape, model.Forward(tape, x), targets);
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
            return value;
        }

        for (int i = 0; i < warmup; i++) Step(null);
        backend.Allocator.ResetPeak();
        var seconds = new List<double>();
        var losses = new List<float>();
        for (int i = 0; i < steps; i++)
        {
            long start = Stopwatch.GetTimestamp();
            losses.Add(Step(null));
            seconds.Add(Stopwatch.GetElapsedTime(start).TotalSeconds);
        }
        var kernels = new KernelTimes();
        Step(kernels);
        return new TrainBenchResult(batch, seconds, kernels.Rows, backend.Allocator.PeakBytes, losses);
    }

    /// <summary>The task's loss; masks mark nothing (as much work as any), and every picture is of class 0.</summary>
    private static Tensor Loss(Tape tape, HeadOutput output, float[] targets) => output switch
    {
        SegmentOutput head => SegmentationLoss.Forward(tape, head, targets, new int[head.Prototypes.Rows]).Loss,
        DetectOutput head => DetectionLoss.Forward(tape, head.Box, head.Cls, head.Strides, targets).Loss,
        ClassifyOutput head => CrossEntropy.Forward(tape, head.Logits, new int[head.Logits.Rows]),
        _ => throw new ArgumentException($"no loss is known for {output.GetType().Name}", nameof(output)),
    };

    private static float[] RandomTargets(Random random, int batch, int classes)
    {
        var rows = new float[batch * BoxesPerImage * 6];
        for (int i = 0; i < batch * BoxesPerImage; i++)
        {
            float w = 0.05f + 0.3f * random.NextSingle(), h = 0.05f + 0.3f * random.NextSingle();
            float cx = w / 2 + (1 - w) * random.NextSingle(), cy = h / 2 + (1 - h) * random.NextSingle();
            ReadOnlySpan<float> row = [i / BoxesPerImage, random.Next(classes), cx, cy, w, h];
            row.CopyTo(rows.AsSpan(i * 6));
        }
        return rows;
    }
}
