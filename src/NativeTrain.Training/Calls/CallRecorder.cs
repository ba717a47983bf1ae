using NativeTrain.Core;

namespace NativeTrain.Training;

/// <summary>
/// A backend that computes nothing and writes down the kernel calls it gets. A training step on it gives every kernel
/// and shape of that step, whatever the graph; <see cref="KernelBench"/> then makes the calls one by one on a real backend.
/// </summary>
public sealed class CallRecorder : CallTable
{
    private readonly MetaBackend blank = new();
    private readonly Dictionary<string, int> counts = [];
    private readonly List<KernelCall> calls = [];

    public override string Name => "recorder";
    public override IAllocator Allocator => blank.Allocator;
    public override bool Computes(DType type) => true;
    public override DType MixedPrecision => DType.F32;
    public override MemoryLeft MemoryLeft => blank.MemoryLeft;
    public override HostBlock AllocateHost(int bytes) => blank.AllocateHost(bytes);
    public override void Prefetch(ReadOnlySpan<byte> source) { }
    public override void Synchronize() { }
    public override void Upload(ReadOnlySpan<byte> source, Tensor destination) { }
    public override void Download(Tensor source, Span<byte> destination) => destination.Clear();
    public override string Conv2dImplementation(in Conv2dShape shape, int pass, DType type = DType.F32) => "";

    /// <summary>The calls so far that were different work, in order, and how often each was made.</summary>
    public IEnumerable<(KernelCall Call, int Count)> Calls => calls.Select(c => (c, counts[c.Key]));

    /// <summary>Begins anew.</summary>
    public void Forget()
    {
        counts.Clear();
        calls.Clear();
    }

    protected override void Make(KernelCall call, Action<IBackend> run)
    {
        ArgumentNullException.ThrowIfNull(call);
        counts[call.Key] = counts.GetValueOrDefault(call.Key) + 1;
        if (counts[call.Key] == 1) calls.Add(call);
    }

    public override void Dispose()
    {
        base.Dispose();
        blank.Dispose();
    }
}
