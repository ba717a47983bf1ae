using NativeTrain.Core;
using NativeTrain.Vision.Models;

namespace NativeTrain.Training;

/// <summary>A training step's size.</summary>
/// <param name="Model">"yolo11n".</param>
/// <param name="ImageSize">Sides of the pictures, pixels.</param>
/// <param name="Batch">Pictures a step.</param>
/// <param name="Threads">Compute threads; 0: the device's own affair.</param>
public readonly record struct ScaleCase(string Model, int ImageSize, int Batch, int Threads);

/// <summary>What a step of a size takes.</summary>
/// <param name="Case">The size.</param>
/// <param name="Seconds">Median of the timed steps; null where it was not run, for want of memory.</param>
/// <param name="PeakBytes">Most bytes of tensors alive at once; where it was not run, as planned.</param>
public readonly record struct ScaleCell(ScaleCase Case, double? Seconds, long PeakBytes)
{
    public double? ImagesPerSecond => Case.Batch / Seconds;
}

/// <summary>Times training steps (<see cref="BenchStep"/>) of many sizes: few steps of large ones.</summary>
/// <param name="classes">Classes of the heads.</param>
/// <param name="precision">Element type of the feature maps.</param>
/// <param name="budget">Seconds to spend on a size after its first step; at least two steps are timed.</param>
public sealed class ScaleBench(int classes, DType precision, double budget)
{
    private const int MostSteps = 9, LeastSteps = 2;

    /// <summary>The part of the memory left that a step may take: the rest of the process needs some, too.</summary>
    private const double MemoryShare = 0.85;

    /// <summary>Bytes that a step's tensors take, by walking it without computing.</summary>
    public long Plan(YoloSpec spec, int imgsz, int batch)
    {
        using var meta = new MetaBackend();
        using var step = new BenchStep(meta, spec, classes, imgsz, batch, precision);
        step.Run();
        return meta.Allocator.PeakBytes;
    }

    /// <summary>
    /// Times sizes, from the least memory to the most: what a large one gives back keeps the system at work for seconds, on a core that the next one
    /// computes on.
    /// </summary>
    /// <param name="backend">The device.</param>
    /// <param name="sizes">What to time.</param>
    /// <param name="setThreads">Sets the number of compute threads.</param>
    /// <param name="timed">Told of each as it is timed.</param>
    /// <returns>The sizes, in their own order.</returns>
    public IReadOnlyList<ScaleCell> Run(IBackend backend, IReadOnlyList<(YoloSpec Spec, ScaleCase Case)> sizes, Action<int> setThreads, Action<ScaleCell> timed)
    {
        ArgumentNullException.ThrowIfNull(sizes);
        ArgumentNullException.ThrowIfNull(setThreads);
        ArgumentNullException.ThrowIfNull(timed);
        var cells = new ScaleCell[sizes.Count];
        var plans = Enumerable.Range(0, sizes.Count).GroupBy(i => (sizes[i].Spec, sizes[i].Case.ImageSize, sizes[i].Case.Batch))
            .Select(g => (Places: g, Bytes: Plan(g.Key.Spec, g.Key.ImageSize, g.Key.Batch)));
        foreach (var (places, bytes) in plans.OrderBy(p => p.Bytes))
            foreach (int i in places)
            {
                setThreads(sizes[i].Case.Threads);
                timed(cells[i] = Time(backend, sizes[i].Spec, sizes[i].Case, bytes));
            }
        return cells;
    }

    /// <summary>Times a size, unless it would not fit.</summary>
    public ScaleCell Time(IBackend backend, YoloSpec spec, ScaleCase size) => Time(backend, spec, size, Plan(spec, size.ImageSize, size.Batch));

    private ScaleCell Time(IBackend backend, YoloSpec spec, ScaleCase size, long planned)
    {
        ArgumentNullException.ThrowIfNull(backend);
        ArgumentNullException.ThrowIfNull(spec);
        backend.Allocator.Trim();
        if (planned > MemoryShare * backend.MemoryLeft.Bytes) return new ScaleCell(size, null, planned);
        using var step = new BenchStep(backend, spec, classes, size.ImageSize, size.Batch, precision);
        step.Run(); // chooses kernels, takes memory
        backend.Allocator.ResetPeak();
        var seconds = new List<double>();
        while (seconds.Count < LeastSteps || (seconds.Count < MostSteps && seconds.Sum() < budget))
            seconds.Add(DeviceClock.Seconds(backend, () => step.Run()));
        return new ScaleCell(size, seconds.Order().ElementAt(seconds.Count / 2), backend.Allocator.PeakBytes);
    }
}
