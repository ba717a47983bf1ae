using NativeTrain.Cpu;

namespace NativeTrain.Core.Tests;

/// <summary>Gives the process back, when disposed, the number of compute threads it had: for tests that change it.</summary>
internal sealed class RestoredThreads : IDisposable
{
    private readonly int before;

    public RestoredThreads()
    {
        using var backend = new CpuBackend();
        before = backend.Threads;
    }

    public void Dispose() => new CpuBackend(before).Dispose();
}
