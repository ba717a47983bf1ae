using NativeTrain.Cpu;
using Xunit;

namespace NativeTrain.Core.Tests.Ops;

/// <summary>The number of threads decides how long a convolution takes and nothing else.</summary>
[Collection("convolutions")]
public sealed class Conv2dThreadsTests
{
    [Theory]
    [InlineData("direct", 1)]
    [InlineData("direct", 3)]
    [InlineData("in_place", 1)]
    [InlineData("in_place", 3)]
    [InlineData("rows", 1)]
    [InlineData("rows", 3)]
    [InlineData("winograd", 1)]
    [InlineData("winograd", 3)]
    public void OwnConvolutionsGiveTheSameBitsOnAnyNumberOfThreads(string implementation, int threads)
    {
        using var forced = new ForcedConvolutions(implementation);
        using var restored = new RestoredThreads();
        foreach (var shape in Conv2dShapes.All.Where(s => s.Groups == 1 || s.Groups == s.OC)) AssertSameBits(shape, threads, DType.F32);
    }

    /// <summary>All passes by two threads and by another number.</summary>
    /// <param name="shape">The convolution.</param>
    /// <param name="threads">The other number.</param>
    /// <param name="type">Of its maps.</param>
    /// <param name="weights">Whether the weight gradient is compared too, given the backend of two threads.</param>
    private static void AssertSameBits(Conv2dShape shape, int threads, DType type, Func<CpuBackend, bool>? weights = null)
    {
        var c = new ConvolutionCase(shape);
        using var backend = new CpuBackend(threads: 2);
        var two = c.Run(backend, type, type);
        using var other = new CpuBackend(threads);
        var actual = c.Run(other, type, type);
        Assert.Equal(two.Y, actual.Y);
        Assert.Equal(two.Dx, actual.Dx);
        if (weights?.Invoke(backend) ?? true) Assert.Equal(two.Dw, actual.Dw);
        Assert.Equal(two.Db, actual.Db);
    }

    /// <summary>Sums of products of bfloat16 pairs; elsewhere another way stands for it.</summary>
    [Theory]
    [InlineData("pairs", 1)]
    [InlineData("pairs", 3)]
    [InlineData("rows", 1)]
    [InlineData("rows", 3)]
    public void BFloat16ConvolutionsGiveTheSameBitsOnAnyNumberOfThreads(string implementation, int threads)
    {
        using var forced = new ForcedConvolutions(implementation);
        using var restored = new RestoredThreads();
        Conv2dShape[] large = [new(1, 40, 40, 64, 64, 1, 1, 1, 0, 1), new(3, 30, 23, 32, 24, 3, 3, 1, 1, 1), new(2, 9, 11, 96, 256, 3, 3, 2, 1, 1)];  // many chunks, several groups
        foreach (var shape in Conv2dShapes.All.Where(s => s.Groups == 1).Concat(large)) AssertSameBits(shape, threads, DType.BF16);
    }

    [Theory]
    [InlineData(1, DType.F32)]
    [InlineData(3, DType.F32)]
    [InlineData(1, DType.BF16)]
    [InlineData(3, DType.BF16)]
    public void TheConvolutionsOfTrainingGiveTheSameBitsOnAnyNumberOfThreads(int threads, DType type)
    {
        using var restored = new RestoredThreads();
        // oneDNN cuts the sum of a weight gradient by the number of threads; it has this pass on AVX-512 for some shapes, and in groups that are not depthwise.
        foreach (var shape in Conv2dShapes.All) AssertSameBits(shape, threads, type, backend => Conv2dShapes.Family(backend.Conv2dImplementation(shape, 2, type)) != "onednn");
    }
}
