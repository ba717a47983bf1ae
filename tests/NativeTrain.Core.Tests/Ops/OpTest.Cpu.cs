using System.Runtime.InteropServices;
using NativeTrain.Cpu;
using Xunit;

namespace NativeTrain.Core.Tests.Ops;

public abstract partial class OpTest
{
    protected IBackend Backend { get; } = new CpuBackend();

    private void DisposeBackend() => Backend.Dispose();

    /// <summary>The computation gives the same bits on one thread, two and three.</summary>
    protected static void AssertThreadsAgree(Func<IBackend, float[]> compute)
    {
        float[] Run(int threads)
        {
            using var backend = new CpuBackend(threads);
            return compute(backend);
        }

        using var restored = new RestoredThreads();
        float[] one = Run(1), two = Run(2), three = Run(3);
        Assert.Equal(MemoryMarshal.AsBytes(one.AsSpan()), MemoryMarshal.AsBytes(two.AsSpan()));
        Assert.Equal(MemoryMarshal.AsBytes(one.AsSpan()), MemoryMarshal.AsBytes(three.AsSpan()));
    }
}
