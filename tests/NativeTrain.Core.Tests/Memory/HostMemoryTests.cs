using NativeTrain.Cpu;
using NativeTrain.Testing;
using Xunit;

namespace NativeTrain.Core.Tests.Memory;

/// <summary>What is read from /proc and /sys, and what the CPU's allocator makes of it.</summary>
public sealed class HostMemoryTests : IDisposable
{
    private readonly TemporaryFolder root = new();

    public HostMemoryTests() => Write("proc/meminfo", "MemTotal:       2000 kB\nMemFree:         100 kB\nMemAvailable:   1500 kB\n");

    public void Dispose() => root.Dispose();

    private void Write(string file, string text)
    {
        string path = root.File(file);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, text);
    }

    [Fact]
    public void WithoutAContainerItIsWhatTheKernelCallsAvailable()
    {
        var memory = new HostMemory(root.Path);
        Assert.Equal((2000 * 1024, 1500 * 1024), (memory.Total, memory.Available));
    }

    [Fact]
    public void AGroupsLimitCountsAndItsFileCacheIsFree()
    {
        Write("proc/self/cgroup", "0::/pods/one\n");
        Write("sys/fs/cgroup/pods/one/memory.max", "max\n");
        Write("sys/fs/cgroup/pods/one/memory.current", "100\n");
        Write("sys/fs/cgroup/pods/memory.max", "1000000\n"); // the group above it
        Write("sys/fs/cgroup/pods/memory.current", "400000\n");
        Write("sys/fs/cgroup/pods/memory.stat", "active_file 7\ninactive_file 50000\n");
        Assert.Equal(650_000, new HostMemory(root.Path).Available);
    }

    [Fact]
    public void GroupsOfTheFirstVersionCountToo()
    {
        Write("proc/self/cgroup", "5:cpu:/a\n4:memory:/a\n0::/\n");
        Write("sys/fs/cgroup/memory/a/memory.limit_in_bytes", "300000\n");
        Write("sys/fs/cgroup/memory/a/memory.usage_in_bytes", "100000\n");
        Assert.Equal(200_000, new HostMemory(root.Path).Available);
    }

    [Fact]
    public void AGroupOverItsLimitLeavesNothing()
    {
        Write("proc/self/cgroup", "0::/\n");
        Write("sys/fs/cgroup/memory.max", "1000\n");
        Write("sys/fs/cgroup/memory.current", "2000\n");
        Assert.Equal(0, new HostMemory(root.Path).Available);
    }

    [Fact]
    public void TheLimitOfTheEnvironmentStopsTheAllocator()
    {
        using var limit = new EnvironmentVariable("NATIVETRAIN_MEMORY_LIMIT", (8 << 20).ToString());
        using var backend = new CpuBackend();
        using var fits = Tensor.Create(backend, new Shape(1 << 20));
        var e = Assert.Throws<OutOfDeviceMemoryException>(() => Tensor.Create(backend, new Shape(2 << 20)));
        Assert.Equal("out of memory: 8.0 MiB more are needed, tensors hold 4.0 MiB, NATIVETRAIN_MEMORY_LIMIT=8388608; lower batch or imgsz, or take a smaller model", e.Message);
        using var stillFits = Tensor.Create(backend, new Shape(1 << 20));
    }

    [Theory]
    [InlineData("8G")]
    [InlineData("0")]
    [InlineData("-1")]
    public void ALimitThatIsNoNumberOfBytesIsSaid(string text)
    {
        using var limit = new EnvironmentVariable("NATIVETRAIN_MEMORY_LIMIT", text);
        Assert.Equal($"NATIVETRAIN_MEMORY_LIMIT={text}: must be a number of bytes, at least 1", Assert.Throws<InputException>(() => new CpuBackend()).Message);
    }

    [Fact]
    public void MoreThanTheMachineHasFreeIsRefusedBeforeItIsTouched()
    {
        using var backend = new CpuBackend();
        long all = new HostMemory().Available;
        Assert.Throws<OutOfDeviceMemoryException>(() => backend.Allocator.Allocate(all));
        Assert.Equal(0, backend.Allocator.HeldBytes);
        using var some = Tensor.Create(backend, new Shape(1000));
        some.HostSpan<float>().Fill(1);
    }

    [Fact]
    public void ABackendThatIsDisposedLeavesLivingTensorsTheirMemory()
    {
        var backend = new CpuBackend();
        var t = Tensor.Create(backend, new Shape(1000));
        backend.Dispose();
        t.HostSpan<float>().Fill(1);
        Assert.Equal(1, t.HostSpan<float>()[999]);
        t.Dispose();
    }
}
