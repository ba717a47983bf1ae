using System.Diagnostics;
using NativeTrain.Core;

namespace NativeTrain.Training;

/// <summary>The time of an all-reduce of one size.</summary>
/// <param name="Bytes">Of what every rank has.</param>
/// <param name="Seconds">Of the slowest rank: the least of all rounds, and the median.</param>
/// <param name="Median">See <paramref name="Seconds"/>.</param>
public readonly record struct AllReduceTime(long Bytes, double Seconds, double Median);

/// <summary>
/// Seconds = latency + bytes·secondsPerByte: the alpha-beta model of communication (Hockney 1994), fitted to times so that the squares
/// of the relative errors are least.
/// </summary>
/// <param name="Latency">Alpha, in seconds.</param>
/// <param name="SecondsPerByte">Beta.</param>
public readonly record struct AlphaBeta(double Latency, double SecondsPerByte)
{
    public double Seconds(double bytes) => Latency + bytes * SecondsPerByte;

    /// <summary>Weighted least squares with weights 1/t²; a negative latency, which noise can give, counts as none.</summary>
    public static AlphaBeta Fit(IReadOnlyList<AllReduceTime> times)
    {
        ArgumentNullException.ThrowIfNull(times);
        double w = 0, x = 0, y = 0, xx = 0, xy = 0;
        foreach (var t in times)
        {
            double weight = 1 / (t.Seconds * t.Seconds);
            w += weight;
            x += weight * t.Bytes;
            y += weight * t.Seconds;
            xx += weight * t.Bytes * t.Bytes;
            xy += weight * t.Bytes * t.Seconds;
        }
        double slope = (w * xy - x * y) / (w * xx - x * x);
        return new AlphaBeta(Math.Max(0, (y - slope * x) / w), slope);
    }
}

/// <summary>Times sums over all ranks of tensors of growing size, as a training's buckets are summed.</summary>
public static class AllReduceBench
{
    /// <summary>4 KiB to 64 MiB, each four times the one before.</summary>
    public static IReadOnlyList<long> Sizes { get; } = [.. Enumerable.Range(0, 8).Select(i => 4096L << (2 * i))];

    /// <summary>A size is timed at least so often, and for so long.</summary>
    private const int LeastRounds = 5, MostRounds = 2000;
    private const double LeastSeconds = 0.3;

    /// <param name="collectives">The ranks; all call it.</param>
    /// <param name="backend">Where the tensors are.</param>
    /// <param name="sizes">Bytes; null: <see cref="Sizes"/>.</param>
    public static IReadOnlyList<AllReduceTime> Run(ICollectives collectives, IBackend backend, IReadOnlyList<long>? sizes = null)
    {
        ArgumentNullException.ThrowIfNull(collectives);
        return [.. (sizes ?? Sizes).Select(bytes => Time(collectives, backend, bytes))];
    }

    private static AllReduceTime Time(ICollectives collectives, IBackend backend, long bytes)
    {
        using var numbers = Tensor.Create(backend, new Shape((int)(bytes / sizeof(float))));
        backend.Zero(numbers);
        Round(collectives, backend, numbers);
        var seconds = new List<double>();
        for (double all = 0; seconds.Count < LeastRounds || all < LeastSeconds && seconds.Count < MostRounds; all += seconds[^1])
            seconds.Add(Round(collectives, backend, numbers));
        seconds.Sort();
        return new AllReduceTime(bytes, seconds[0], seconds[seconds.Count / 2]);
    }

    /// <summary>One sum; the time of the rank that took longest, the same number on every rank.</summary>
    private static double Round(ICollectives collectives, IBackend backend, Tensor numbers)
    {
        collectives.Barrier();
        long start = Stopwatch.GetTimestamp();
        collectives.StartAllReduce(backend, [numbers]).Wait();
        backend.Synchronize();
        double own = Stopwatch.GetElapsedTime(start).TotalSeconds;
        return collectives.AllGather(BitConverter.GetBytes(own)).Max(b => BitConverter.ToDouble(b));
    }
}
