using NativeTrain.Core;

namespace NativeTrain.Training;

/// <summary>Time and work of one kind of kernel, summed over a step.</summary>
/// <param name="op">The op's name.</param>
/// <param name="pass">"forward", "backward", or a part of it.</param>
/// <param name="implementation">Which of several kernels ran ("direct:avx2", "jit:avx2 + reorder jit:blk"); empty where there is one.</param>
public sealed class KernelTime(string op, string pass, string implementation)
{
    public string Op { get; } = op;
    public string Pass { get; } = pass;
    public string Implementation { get; } = implementation;
    public int Calls { get; init; }
    /// <summary>The sum of its calls, of each the shortest time of all steps: what the machine does beside them is left out.</summary>
    public double Seconds { get; init; }
    /// <summary>The same with the mean of all steps.</summary>
    public double MeanSeconds { get; init; }
    public long Flops { get; init; }
    public long Bytes { get; init; }
    /// <summary>The least that its calls can take by the roofline; 0 where their work is not counted.</summary>
    public double BoundSeconds { get; init; }
}

/// <summary>
/// A tape observer that times every kernel of some equal steps, waiting for each, and adds up by op, pass and implementation.
/// </summary>
/// <param name="backend">Where the kernels run.</param>
public sealed class KernelTimes(IBackend backend) : ITapeObserver
{
    private readonly Dictionary<(string Op, string Pass, string Implementation), List<Call>> kinds = [];

    /// <summary>One call of a step, in all steps.</summary>
    private sealed class Call(OpCost cost)
    {
        public OpCost Cost => cost;
        public double Least { get; private set; } = double.PositiveInfinity;
        public double Mean => sum / count;

        private double sum;
        private int count;

        public void Add(double seconds)
        {
            Least = Math.Min(Least, seconds);
            sum += seconds;
            count++;
        }
    }

    /// <summary>Calls of the step that runs, by kind.</summary>
    private readonly Dictionary<(string, string, string), int> made = [];

    /// <summary>The rows, longest first, beside what the device can do at best.</summary>
    public IReadOnlyList<KernelTime> Rows(Roofline roofline) => [.. kinds.Select(k => Sum(k.Key, k.Value, roofline)).OrderByDescending(r => r.Seconds)];

    /// <summary>What runs from now on is a further step, of the same calls.</summary>
    public void NextStep() => made.Clear();

    public void Run(KernelLaunch launch, Action kernel)
    {
        ArgumentNullException.ThrowIfNull(kernel);
        double seconds = DeviceClock.Seconds(backend, kernel);
        var key = (launch.Op, launch.Pass, launch.Cost.Implementation ?? "");
        if (!kinds.TryGetValue(key, out var calls)) kinds[key] = calls = [];
        int index = made.GetValueOrDefault(key);
        made[key] = index + 1;
        if (index == calls.Count) calls.Add(new Call(launch.Cost));
        calls[index].Add(seconds);
    }

    private static KernelTime Sum((string Op, string Pass, string Implementation) kind, List<Call> calls, Roofline roofline) => new(kind.Op, kind.Pass, kind.Implementation)
    {
        Calls = calls.Count,
        Seconds = calls.Sum(c => c.Least),
        MeanSeconds = calls.Sum(c => c.Mean),
        Flops = calls.Sum(c => c.Cost.Flops),
        Bytes = calls.Sum(c => c.Cost.Bytes),
        BoundSeconds = calls.Sum(c => roofline.Bound(c.Cost)),
    };
}
