using NativeTrain.Core;

namespace NativeTrain.Training;

/// <summary>
/// A backend that has another one compute and notes when each call begins and ends on the calling thread. On a CPU that is the kernel's
/// time; a GPU's calls return when the kernel is queued (the device's own times come from <see cref="IDeviceClock"/>).
/// Whoever does not trace uses the other backend itself, and pays nothing.
/// </summary>
/// <param name="inner">Computes; stays the caller's to dispose.</param>
/// <param name="log">Is told.</param>
public sealed class TracedBackend(IBackend inner, TraceLog log) : CallTable, ITapeObserver
{
    private string layer = "";

    public override string Name => inner.Name;
    public override IAllocator Allocator => inner.Allocator;
    public override bool Computes(DType type) => inner.Computes(type);
    public override DType MixedPrecision => inner.MixedPrecision;
    public override MemoryLeft MemoryLeft => inner.MemoryLeft;
    public override HostBlock AllocateHost(int bytes) => inner.AllocateHost(bytes);
    public override string Conv2dImplementation(in Conv2dShape shape, int pass, DType type = DType.F32) => inner.Conv2dImplementation(shape, pass, type);
    public override Arithmetic Conv2dArithmetic(in Conv2dShape shape, int pass, DType type = DType.F32) => inner.Conv2dArithmetic(shape, pass, type);

    public override void Prefetch(ReadOnlySpan<byte> source)
    {
        using var span = log.Span("copy", "prefetch");
        inner.Prefetch(source);
    }

    public override void Synchronize()
    {
        using var span = log.Span("copy", "synchronize");
        inner.Synchronize();
    }

    public override void Upload(ReadOnlySpan<byte> source, Tensor destination)
    {
        using var span = log.Span("copy", "upload", source.Length);
        inner.Upload(source, destination);
    }

    public override void Download(Tensor source, Span<byte> destination)
    {
        using var span = log.Span("copy", "download", destination.Length);
        inner.Download(source, destination);
    }

    protected override void Make(KernelCall call, Action<IBackend> run)
    {
        ArgumentNullException.ThrowIfNull(call);
        ArgumentNullException.ThrowIfNull(run);
        log.Begin(call.Op == "optimizer" ? "optimizer" : "op", call, layer, call.ImplementationOn(inner));
        run(inner);
        log.End();
        log.Memory(inner.Allocator.LiveBytes);
    }

    /// <summary>As a tape's observer it learns to which layer the calls belong.</summary>
    void ITapeObserver.Run(KernelLaunch launch, Action kernel)
    {
        ArgumentNullException.ThrowIfNull(kernel);
        layer = launch.Layer;
        kernel();
        layer = "";
    }
}
