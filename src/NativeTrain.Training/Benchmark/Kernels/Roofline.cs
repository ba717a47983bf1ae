using NativeTrain.Core;

namespace NativeTrain.Training;

/// <summary>
/// What a device can do at best, measured: a kernel can be no faster than its bytes at the memory's bandwidth and its
/// FLOPs at the arithmetic's rate allow (Williams, Waterman and Patterson, "Roofline", CACM 2009).
/// </summary>
/// <param name="BytesPerSecond">Of a copy too large for any cache, bytes read and written counted.</param>
/// <param name="FlopsPerSecond">Of multiply-adds in registers.</param>
/// <param name="Type">Of their factors; sums are F32 always.</param>
public sealed record Roofline(double BytesPerSecond, double FlopsPerSecond, DType Type = DType.F32)
{
    /// <summary>Of multiply-adds of F32 factors, which some kernels compute with on maps of any type.</summary>
    public double FloatFlopsPerSecond { get; init; } = FlopsPerSecond;

    private const int Trials = 7, Copies = 4;

    /// <summary>Numbers in registers: enough for every thread that a large GPU runs at once to have its eight.</summary>
    private const int Numbers = 1 << 20;

    /// <summary>A trial is at least so long, or a kernel's launch would count.</summary>
    private const double Long = 2e-3;

    /// <summary>Seconds of trials.</summary>
    private const double Enough = 0.5;

    /// <param name="backend">The device.</param>
    /// <param name="type">Of the maps; the arithmetic is measured in it where the device multiplies it, else in F32, as its kernels convert it.</param>
    /// <param name="copied">Bytes of the map that is copied; several times what the caches hold.</param>
    public static Roofline Measure(IBackend backend, DType type = DType.F32, long copied = 128 << 20)
    {
        ArgumentNullException.ThrowIfNull(backend);
        using var x = Tensor.Create(backend, new Shape((int)(copied / 4 / 64), 64));
        using var y = Tensor.Create(backend, x.Shape);
        backend.Zero(x);
        double copy = Fastest(backend, () =>
        {
            for (int i = 0; i < Copies; i++) backend.Copy(x, y, accumulate: false);
        }) / Copies;
        using var numbers = Tensor.Create(backend, new Shape(Numbers));
        backend.Zero(numbers);
        var units = backend.Computes(type) ? type : DType.F32;
        double flops = MultiplyAdds(backend, numbers, units);
        return new Roofline((x.Bytes + y.Bytes) / copy, flops, units) { FloatFlopsPerSecond = units == DType.F32 ? flops : MultiplyAdds(backend, numbers, DType.F32) };
    }

    /// <summary>The higher of two measurements of a device: other work may have held up either.</summary>
    public Roofline Or(Roofline other)
    {
        ArgumentNullException.ThrowIfNull(other);
        return this with
        {
            BytesPerSecond = Math.Max(BytesPerSecond, other.BytesPerSecond),
            FlopsPerSecond = Math.Max(FlopsPerSecond, other.FlopsPerSecond),
            FloatFlopsPerSecond = Math.Max(FloatFlopsPerSecond, other.FloatFlopsPerSecond),
        };
    }

    /// <summary>The least time that so much work can take.</summary>
    public double Bound(Arithmetic work, long bytes) => Math.Max(Seconds(work), bytes / BytesPerSecond);

    /// <summary>The least time that a kernel of this cost can take.</summary>
    public double Bound(in OpCost cost) => Bound(Work(cost), cost.Bytes);

    /// <summary>The least time that so much arithmetic can take.</summary>
    public double Seconds(Arithmetic work) => work.Flops / (work.Type == Type ? FlopsPerSecond : FloatFlopsPerSecond);

    /// <summary>What a kernel of this cost computes.</summary>
    public Arithmetic Work(in OpCost cost) => cost.Computed ?? new Arithmetic(cost.Flops, DType.F32);

    private static double MultiplyAdds(IBackend backend, Tensor numbers, DType type)
    {
        int rounds = 64;
        while (rounds < 1 << 20 && DeviceClock.Seconds(backend, () => backend.MultiplyAdd(numbers, rounds, type)) < Long) rounds *= 2;
        return 2.0 * rounds * numbers.Count / Fastest(backend, () => backend.MultiplyAdd(numbers, rounds, type));
    }

    /// <summary>Of some trials, fewer where they take long (an emulated device).</summary>
    private static double Fastest(IBackend backend, Action kernel)
    {
        double best = double.PositiveInfinity, all = 0;
        for (int i = 0; i < Trials && all < Enough; i++)
        {
            double seconds = DeviceClock.Seconds(backend, kernel);
            best = Math.Min(best, seconds);
            all += seconds;
        }
        return best;
    }
}
