using NativeTrain.Core;

namespace NativeTrain.Training;

/// <summary>
/// Follows the memory of a step: live bytes at every kernel launch, and, where they are most, which layer holds them: what
/// its ops made (activations and what they keep) and the gradients of that. What a launch works with before its op is
/// recorded counts for the layer that computes.
/// </summary>
/// <param name="allocator">Of the step's backend; asked before the step begins for what lives all along.</param>
internal sealed class MemoryRecorder(IAllocator allocator)
{
    private readonly long before = allocator.LiveBytes;
    private readonly List<TapeNode> live = [];
    private readonly List<long> curve = [];
    private Dictionary<string, (long Activations, long Gradients)> holders = [];
    private long peak;

    /// <summary>Live bytes before each launch, and so while it runs.</summary>
    public IReadOnlyList<long> Curve => curve;

    /// <summary>What lives before and after the step.</summary>
    public long Before => before;

    public int PeakAt { get; private set; }

    /// <summary>By layer, at the peak.</summary>
    public IReadOnlyDictionary<string, (long Activations, long Gradients)> Holders => holders;

    public void BeforeLaunch(KernelLaunch launch)
    {
        long now = allocator.LiveBytes;
        curve.Add(now);
        if (now <= peak) return;
        peak = now;
        PeakAt = curve.Count - 1;
        holders = Hold(launch.Layer, now);
    }

    public void Made(TapeNode node) => live.Add(node);

    public void Freed(TapeNode node) => live.Remove(node);

    private Dictionary<string, (long Activations, long Gradients)> Hold(string layer, long now)
    {
        var held = new Dictionary<string, (long Activations, long Gradients)>();
        void Add(string name, long activations, long gradients)
        {
            var (a, g) = held.GetValueOrDefault(name);
            held[name] = (a + activations, g + gradients);
        }
        foreach (var node in live)
            foreach (var t in node.Made)
                Add(node.Layer, ArenaAllocator.Size(t.Bytes), t.Grad is { } grad ? ArenaAllocator.Size(grad.Bytes) : 0);
        long known = held.Values.Sum(h => h.Activations + h.Gradients);
        Add(layer, now - before - known, 0);
        return held;
    }
}
