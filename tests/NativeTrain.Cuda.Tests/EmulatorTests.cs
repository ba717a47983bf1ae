using System.Diagnostics;
using NativeTrain.Testing;
using Xunit;

namespace NativeTrain.Cuda.Tests;

/// <summary>The emulator's own tests (native/emulator/tests): that it does what CUDA says, that its checked build finds what is wrong with a kernel, and that the kernels which ought to use memory well do.</summary>
public sealed class EmulatorTests
{
    [Theory]
    [InlineData("semantics")]
    [InlineData("checks")]
    [InlineData("coalescing")]
    public void ItsOwnTestsPass(string group)
    {
        Devices.Choose();
        Assert.SkipUnless(CudaDevice.Emulated, "the emulator is tested where it is built");
        string program = Path.Combine(Shared.Root, "build", "emulator", "emulator_tests");
        using var process = Process.Start(new ProcessStartInfo(program, group) { RedirectStandardOutput = true })!;
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, output);
    }
}
