using System.Runtime.InteropServices;
using NativeTrain.Core;
using NativeTrain.Gradients;
using NativeTrain.Cuda.Bindings;
using Xunit;

namespace NativeTrain.Cuda.Tests;

/// <summary>Matrix products by cuBLAS, which the backend takes unless its own kernels are asked for.</summary>
[Collection(Devices.Name)]
public sealed class CublasTests(Devices devices)
{
    /// <summary>c = 0.5·op(a)·op(b) − 2·c of ranges of columns of wider matrices, beside the own kernel's.</summary>
    [Fact]
    public void ProductsAreThoseOfTheOwnKernel()
    {
        using var backend = new CudaBackend(0, ConvLibrary.Auto);
        if (CudaDevice.Emulated) Assert.True(Libraries.Has(Libraries.Cublas));
        foreach (var (m, n, k) in new[] { (1, 1, 1), (3, 17, 5), (64, 10, 33), (130, 70, 20) })
            foreach (bool transposeA in new[] { false, true })
                foreach (bool transposeB in new[] { false, true })
                {
                    float[] expected = Product(devices.Cuda, m, n, k, transposeA, transposeB), actual = Product(backend, m, n, k, transposeA, transposeB);
                    if (CaseRun.Difference(expected, actual, 2e-5) is { } difference) Assert.Fail($"{m}×{n}×{k}: {difference}");
                    Assert.Equal(actual, Product(backend, m, n, k, transposeA, transposeB)); // bit for bit
                }
    }

    [Fact]
    public void OutOfMemoryInsideTellsSo()
    {
        Assert.SkipUnless(CudaDevice.Emulated, "a GPU's libraries cannot be asked to fail");
        using var backend = new CudaBackend(0, ConvLibrary.Auto);
        Emulator.emu_fail("cublasSgemm_v2", 0, 1, Cublas.AllocFailed);
        var e = Assert.Throws<OutOfDeviceMemoryException>(() => Product(backend, 8, 8, 8, false, false));
        Assert.Equal("out of memory in cublasSgemm_v2; lower batch or imgsz, or take a smaller model", e.Message);
        Product(backend, 8, 8, 8, false, false);
    }

    /// <summary>A device that is full when the backend opens is no reason not to compute: the own kernel does.</summary>
    [Theory]
    [InlineData("cublasCreate_v2", Cublas.AllocFailed)]
    [InlineData("cublasSetWorkspace_v2", 1)]
    public void WhereCublasDoesNotStartTheOwnKernelMultipliesAndNothingIsKept(string call, int status)
    {
        Assert.SkipUnless(CudaDevice.Emulated, "a GPU's libraries cannot be asked to fail");
        float[] expected = Product(devices.Cuda, 64, 10, 33, false, true); // before the count: it takes memory that it keeps
        long free = devices.Cuda.Device.FreeBytes;
        Emulator.emu_fail(call, 0, 1, status);
        using (var backend = new CudaBackend(0, ConvLibrary.Auto))
            Assert.Equal(expected, Product(backend, 64, 10, 33, false, true)); // bit for bit
        Assert.Equal(free, devices.Cuda.Device.FreeBytes);
    }

    // The whole matrix of which c is a part: what lies beside it must stay.
    private static float[] Product(CudaBackend backend, int m, int n, int k, bool transposeA, bool transposeB)
    {
        using Tensor a = Draw(backend, transposeA ? k : m, transposeA ? m : k, 1), b = Draw(backend, transposeB ? n : k, transposeB ? k : n, 2), c = Draw(backend, m, n, 3);
        backend.MatMul(Part(a), transposeA, Part(b), transposeB, Part(c), 0.5f, -2f);
        return backend.ToFloats(c);
    }

    private static Tensor Draw(CudaBackend backend, int rows, int columns, int seed)
    {
        var random = new Random(seed);
        var t = Tensor.Create(backend, new Shape(rows, columns + 3));
        float[] values = [.. Enumerable.Range(0, (int)t.Count).Select(_ => 2 * random.NextSingle() - 1)];
        backend.Upload(MemoryMarshal.AsBytes(values.AsSpan()), t);
        return t;
    }

    private static Tensor Part(Tensor wide) => wide.Slice(2, wide.C - 3);
}
