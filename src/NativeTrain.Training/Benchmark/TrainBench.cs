using System.Diagnostics;
using NativeTrain.Core;
using NativeTrain.Vision.Models;

namespace NativeTrain.Training;

/// <summary>What <see cref="TrainBench.Run"/> measured.</summary>
/// <param name="StepSeconds">Each timed step: forward, loss, backward, clip, optimizer, EMA.</param>
/// <param name="Kernels">Some further steps, kernel by kernel.</param>
/// <param name="Roofline">Of the device: the better of two measurements, before and after the steps.</param>
/// <param name="PeakBytes">Most tensor bytes alive during a step.</param>
/// <param name="Loss">Loss of each timed step.</param>
/// <param name="Replayed">Timed steps whose forward and backward pass the device replayed as a whole.</param>
public sealed record TrainBenchResult(int Batch, IReadOnlyList<double> StepSeconds, IReadOnlyList<KernelTime> Kernels, Roofline Roofline, long PeakBytes, IReadOnlyList<float> Loss, long Replayed = 0)
{
    public double MedianSeconds => StepSeconds.Order().ElementAt(StepSeconds.Count / 2);
    public double ImagesPerSecond => Batch / MedianSeconds;
}

/// <summary>Times whole training steps (<see cref="BenchStep"/>).</summary>
public static class TrainBench
{
    /// <summary>Steps that are timed kernel by kernel, at most.</summary>
    private const int MostProfiled = 5;

    public static TrainBenchResult Run(IBackend backend, YoloSpec spec, int classes, int imgsz, int batch, int steps, int warmup = 2, DType precision = DType.F32, bool graphs = true)
    {
        ArgumentNullException.ThrowIfNull(backend);
        var roofline = Roofline.Measure(backend, precision);
        using var step = new BenchStep(backend, spec, classes, imgsz, batch, precision, graphs);
        for (int i = 0; i < warmup; i++) step.Run();
        backend.Allocator.ResetPeak();
        long replayed = step.Replayed;
        var seconds = new List<double>();
        var losses = new List<float>();
        for (int i = 0; i < steps; i++)
        {
            long start = Stopwatch.GetTimestamp();
            losses.Add(step.Run());
            seconds.Add(Stopwatch.GetElapsedTime(start).TotalSeconds);
        }
        replayed = step.Replayed - replayed;
        var kernels = new KernelTimes(backend);
        for (int i = 0; i < Math.Min(steps, MostProfiled); i++)
        {
            kernels.NextStep();
            step.Run(kernels);
        }
        long peak = backend.Allocator.PeakBytes;
        roofline = roofline.Or(Roofline.Measure(backend, precision));
        return new TrainBenchResult(batch, seconds, kernels.Rows(roofline), roofline, peak, losses, replayed);
    }
}
