using System.Runtime.InteropServices;
using NativeTrain.Core;
using NativeTrain.Core.Tests.Ops;
using NativeTrain.Cpu;
using Xunit;

namespace NativeTrain.Cuda.Tests.Ops;

/// <summary>Image bytes to the 16-bit types: the CPU's bits, with counts that fill the last store and counts that do not.</summary>
public sealed class U8ToSixteenBitTests : OpTest
{
    [Theory]
    [InlineData(1, DType.F16)]
    [InlineData(8, DType.BF16)]
    [InlineData(3 * 37 * 41, DType.F16)]
    [InlineData(3 * 37 * 41, DType.BF16)]
    public void EveryByteTimesTheScale(int count, DType type)
    {
        byte[] x = [.. Enumerable.Range(0, count).Select(i => (byte)(i * 7))];
        using var cpu = new CpuBackend();
        Assert.Equal(Run(cpu, x, type), Run(Backend, x, type));
    }

    private static ushort[] Run(IBackend backend, byte[] x, DType type)
    {
        using Tensor bytes = Tensor.Create(backend, new Shape(x.Length), DType.U8), y = Tensor.Create(backend, new Shape(x.Length), type);
        backend.Upload(x, bytes);
        backend.U8ToF32(bytes, y, 1f / 255);
        ushort[] bits = new ushort[x.Length];
        backend.Download(y, MemoryMarshal.AsBytes(bits.AsSpan()));
        return bits;
    }
}
