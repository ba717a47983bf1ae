using NativeTrain.Core;
using static NativeTrain.Cpu.Native;

namespace NativeTrain.Cpu;

/// <summary>The op table on the CPU: each op (Ops/) is one call into native/cpu. Here are the threads and the memory.</summary>
public sealed unsafe partial class CpuBackend : IBackend, ILibraryConvolutions
{
    private readonly CpuPages pages = new();
    private readonly ArenaAllocator allocator;

    /// <summary>Whether the process's number of compute threads has been chosen.</summary>
    private static int chosen;

    /// <param name="threads">
    /// Compute threads, of the whole process; 0 leaves them as they are. At first that is OMP_NUM_THREADS or, without
    /// it, one per core that this process may use: .NET minds a container's quota of processor time, OpenMP does not.
    /// </param>
    public CpuBackend(int threads = 0)
    {
        allocator = new ArenaAllocator(pages);
        bool first = Interlocked.Exchange(ref chosen, 1) == 0;
        if (threads == 0 && first && string.IsNullOrEmpty(Environment.GetEnvironmentVariable("OMP_NUM_THREADS")))
            threads = Environment.ProcessorCount;
        if (threads > 0) Threads = threads;
    }

    public string Name => "cpu";
    public string Description => $"cpu with {Counted.Of(Threads, "thread")}";
    public IAllocator Allocator => allocator;

    /// <summary>Compute threads in use, of the whole process.</summary>
    public int Threads
    {
        get => nt_get_threads();
        set => Check(nt_set_threads(value));
    }

    /// <summary>Gives the memory back; that of tensors which are still alive stays theirs.</summary>
    public void Dispose()
    {
        allocator.Trim();
        if (allocator.LiveBytes == 0) pages.Dispose();
    }

    /// <summary>F32, and BF16 where the processor has AVX512_BF16 or AMX.</summary>
    public bool Computes(DType type)
    {
        if (type is not (DType.F32 or DType.F16 or DType.BF16)) return false;
        int computes;
        Check(nt_conv2d_computes((int)type, &computes));
        return computes != 0;
    }

    /// <summary>BF16 where the processor multiplies it.</summary>
    public DType MixedPrecision => Computes(DType.BF16) ? DType.BF16 : DType.F32;

    /// <summary>What the machine and the container have left, under NATIVETRAIN_MEMORY_LIMIT.</summary>
    public MemoryLeft MemoryLeft => new(Math.Min(new HostMemory().Available, HostMemory.Limit ?? long.MaxValue), OfHost: true);

    public void Synchronize() { }

    public void Zero(Tensor t)
    {
        OneBlock.Require(t);
        Check(nt_zero(t.Pointer, t.Bytes));
    }

    public void Fill(Tensor t, float value)
    {
        OneBlock.RequireF32(t);
        Check(nt_fill(t.Pointer, t.Count, value));
    }

    public void Upload(ReadOnlySpan<byte> source, Tensor destination)
    {
        OneBlock.Require(destination, source.Length);
        source.CopyTo(new Span<byte>((void*)destination.Pointer, source.Length));
    }

    public void Download(Tensor source, Span<byte> destination)
    {
        OneBlock.Require(source, destination.Length);
        new ReadOnlySpan<byte>((void*)source.Pointer, destination.Length).CopyTo(destination);
    }

    public HostBlock AllocateHost(int bytes) => HostBlock.OfPages(bytes);

    /// <summary>Nothing to do: the pixels are where the kernels read.</summary>
    public void Prefetch(ReadOnlySpan<byte> source) { }

    private static nint P(Tensor? t) => t?.Pointer ?? 0;

    /// <summary>A map's type as the native library numbers it: F32, F16 and BF16 as in <see cref="DType"/>.</summary>
    private static int T(Tensor t) => (int)t.Type;

    private static nint[] Pointers(IReadOnlyList<Tensor> tensors)
    {
        var p = new nint[tensors.Count];
        for (int i = 0; i < p.Length; i++) p[i] = tensors[i].Pointer;
        return p;
    }

    private static long[] Counts(IReadOnlyList<Tensor> tensors)
    {
        var n = new long[tensors.Count];
        for (int i = 0; i < n.Length; i++) n[i] = tensors[i].Count;
        return n;
    }
}
