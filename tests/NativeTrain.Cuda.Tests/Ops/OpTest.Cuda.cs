using System.Runtime.InteropServices;
using NativeTrain.Cuda;
using NativeTrain.Cuda.Tests;
using Xunit;

namespace NativeTrain.Core.Tests.Ops;

public abstract partial class OpTest
{
    private readonly CudaBackend device = Devices.Open();

    protected IBackend Backend => device;

    private void DisposeBackend() => device.Dispose();

    /// <summary>The computation gives the same bits however the device's threads happen to run: on the emulator, in another order each time.</summary>
    protected static void AssertThreadsAgree(Func<IBackend, float[]> compute)
    {
        using var backend = Devices.Open();
        float[] first = compute(backend);
        for (int i = 0; i < 2; i++) Assert.Equal(MemoryMarshal.AsBytes(first.AsSpan()), MemoryMarshal.AsBytes(compute(backend).AsSpan()));
    }
}
