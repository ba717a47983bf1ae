using NativeTrain.Core;

namespace NativeTrain.Training;

/// <summary>
/// What a device can do at best, measured: a kernel can be no faster than its bytes at the memory's bandwidth and its
/// FLOPs at the arithmetic's rate allow (Williams, Waterman and Patterson, "Roofline", CACM 2009).
/// </summary>
/// <param name="BytesPerSecond">Of a copy too large for any cache, bytes read and written counted.</param>
/// <param name="FlopsPerSecond">Of fused multiply-adds in registers, in F32.</param>
public sealed record Roofline(double BytesPerSecond, double FlopsPerSecond)
{
    private const int Trials = 7, Rounds = 4000;

    /// <param name="backend">The device.</param>
    /// <param name="copied">Bytes of the map that is copied; several times what the caches hold.</param>
    public static Roofline Measure(IBackend backend, long copied = 128 << 20)
    {
        ArgumentNullException.ThrowIfNull(backend);
        using var x = Tensor.Create(backend, new Shape((int)(copied / 4 / 64), 64));
        using var y = Tensor.Create(backend, x.Shape);
        backend.Zero(x);
        double copy = Fastest(backend, () => backend.Copy(x, y, accumulate: false));
        using var few = Tensor.Create(backend, new Shape(2048, 64));
        backend.Zero(few);
        double arithmetic = Fastest(backend, () => backend.MultiplyAdd(few, Rounds));
        return new Roofline((x.Bytes + y.Bytes) / copy, 2.0 * Rounds * few.Count / arithmetic);
    }

    /// <summary>The least time that so much work can take.</summary>
    public double Bound(long flops, long bytes) => Math.Max(flops / FlopsPerSecond, bytes / BytesPerSecond);

    private static double Fastest(IBackend backend, Action kernel) =>
        Enumerable.Range(0, Trials).Min(_ => DeviceClock.Seconds(backend, kernel));
}
