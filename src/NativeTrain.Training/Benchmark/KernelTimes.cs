using NativeTrain.Core;

namespace NativeTrain.Training;

/// <summary>Time and work of one kind of kernel, summed over a step.</summary>
public sealed class KernelTime(string op, string pass, string implementation)
{
    public string Op { get; } = op;
    public string Pass { get; } = pass;
    /// <summary>Which of several kernels ran ("direct:avx2", "jit:avx2 + reorder jit:blk"); empty where there is one.</summary>
    public string Implementation { get; } = implementation;
    public int Calls { get; internal set; }
    public double Seconds { get; internal set; }
    public long Flops { get; internal set; }
    public long Bytes { get; internal set; }
    /// <summary>The least that its calls can take by the roofline; 0 where their work is not counted.</summary>
    public double BoundSeconds { get; internal set; }
}

/// <summary>A tape observer that times every kernel, waiting for each, and adds up by op, pass and implementation.</summary>
/// <param name="backend">Where the kernels run.</param>
/// <param name="roofline">Of the same.</param>
public sealed class KernelTimes(IBackend backend, Roofline roofline) : ITapeObserver
{
    private readonly Dictionary<(string, string, string), KernelTime> rows = [];

    /// <summary>The rows, longest first.</summary>
    public IReadOnlyList<KernelTime> Rows => [.. rows.Values.OrderByDescending(r => r.Seconds)];

    public void Run(KernelLaunch launch, Action kernel)
    {
        ArgumentNullException.ThrowIfNull(kernel);
        double seconds = DeviceClock.Seconds(backend, kernel);
        var cost = launch.Cost;
        var key = (launch.Op, launch.Pass, cost.Implementation ?? "");
        if (!rows.TryGetValue(key, out var row)) rows[key] = row = new KernelTime(launch.Op, launch.Pass, key.Item3);
        row.Calls++;
        row.Seconds += seconds;
        row.Flops += cost.Flops;
        row.Bytes += cost.Bytes;
        row.BoundSeconds += roofline.Bound(cost);
    }
}
