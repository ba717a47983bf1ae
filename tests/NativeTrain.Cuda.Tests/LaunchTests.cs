using NativeTrain.Core;
using NativeTrain.Cuda.Bindings;
using Xunit;

namespace NativeTrain.Cuda.Tests;

/// <summary>A launch whose arguments are not the kernel's parameters is refused before the driver reads beyond them.</summary>
[Collection(Devices.Name)]
public sealed class LaunchTests : IDisposable
{
    private readonly CudaBackend cuda;
    private readonly Tensor x;

    public LaunchTests(Devices devices)
    {
        _ = devices;
        cuda = Devices.Open(); // whose kernels nobody has launched yet
        x = Tensor.Create(cuda, new Shape(8));
        cuda.Fill(x, 1);
        Assert.SkipUnless(Libraries.Has(Libraries.Driver, "cuFuncGetParamInfo"), "the driver does not tell of parameters (before CUDA 12.4)");
    }

    public void Dispose()
    {
        x.Dispose();
        cuda.Dispose();
    }

    [Fact]
    public void OneArgumentTooFew() => Refused("8, 8 bytes", x, x.Count);

    [Fact]
    public void OneArgumentTooMany() => Refused("8, 8, 4, 4 bytes", x, x.Count, 1, 1);

    [Fact]
    public void AnIntForALong() => Refused("8, 4, 4 bytes", x, 8, 1);

    [Fact]
    public void ALongForAnInt() => Refused("8, 8, 8 bytes", x, x.Count, 1L);

    /// <summary>multiply_add(float*, long long, int).</summary>
    private void Refused(string given, params Argument[] arguments)
    {
        var e = Assert.Throws<ArgumentException>(() => cuda.Launch("multiply_add", "multiply_add", 1, 256, arguments));
        Assert.Equal($"multiply_add of kernels/multiply_add.cu is launched with arguments of {given}; its parameters have 8, 8, 4", e.Message);
        cuda.MultiplyAdd(x, 1);
        Assert.All(cuda.ToFloats(x), v => Assert.Equal(1, v, 1e-6f));
    }
}
