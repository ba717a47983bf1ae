using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using NativeTrain.Core;
using NativeTrain.Cuda;
using NativeTrain.Testing;
using Xunit;

namespace NativeTrain.Cli.Tests;

/// <summary>device= where there is no GPU.</summary>
public class DeviceTests
{
    [NoDriverTheory]
    [InlineData("cuda")]
    [InlineData("0")]
    [InlineData("cuda:1")]
    public void WithoutADriverOneLineSaysWhatIsMissing(string device)
    {
        using var folder = new TemporaryFolder();
        Expect.InputError(Tool.Run(folder.Path, "bench", "train", $"device={device}", "imgsz=32", "batch=1"), "no NVIDIA driver", "libcuda.so.1", "device=cpu");
    }

    [NoDriverTheory]
    [InlineData(null)]
    public void WithoutADeviceTheCpuComputes(string? device)
    {
        using var backend = Backends.Open(device, threads: 0);
        Assert.Equal("cpu", backend.Name);
    }

    [Theory]
    [InlineData("native")]
    [InlineData("cudnn")]
    public void OnlyAGpuLeavesTheChoiceOfConvolutions(string conv)
    {
        using var folder = new TemporaryFolder();
        Expect.InputError(Tool.Run(folder.Path, "bench", "train", "device=cpu", $"conv={conv}", "imgsz=32", "batch=1"), $"conv={conv}", "leave conv= out");
        using var backend = Backends.Open("cpu", threads: 0, "auto");
        Assert.Equal("cpu", backend.Name);
    }

    [Theory]
    [InlineData("threads=3", 1)]
    [InlineData("threads=0", 0)]
    public void ThreadsAreTheCpus(string threads, int lines)
    {
        using var folder = new TemporaryFolder();
        var run = Tool.Run(folder.Path, "bench", "kernels", "device=emulator", "model=yolo11n.yaml", "imgsz=32", "op=copy", "time=0.001", threads);
        Expect.Success(run);
        Assert.Equal(lines, run.Out.Split('\n').Count(l => l == "threads=3: of no effect on emulator; it is for device=cpu"));
    }

    [Fact]
    public void AFailedKernelIsOneLine()
    {
        var (code, line) = Failure.Of(new DeviceException("cuStreamSynchronize", "CUDA_ERROR_ILLEGAL_ADDRESS", "an illegal\nmemory access"));
        Assert.Equal(ExitCode.Internal, code);
        Assert.Equal("error: cuStreamSynchronize: CUDA_ERROR_ILLEGAL_ADDRESS (an illegal memory access)", line);
    }
}

/// <summary>A test of what is said where no NVIDIA driver is installed; skipped where one is.</summary>
public sealed class NoDriverTheoryAttribute : TheoryAttribute
{
    public NoDriverTheoryAttribute([CallerFilePath] string? file = null, [CallerLineNumber] int line = -1) : base(file, line)
    {
        if (NativeLibrary.TryLoad("libcuda.so.1", out nint library))
        {
            NativeLibrary.Free(library);
            Skip = "an NVIDIA driver is installed here";
        }
    }
}
