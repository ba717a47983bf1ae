using NativeTrain.Cpu;
using Xunit;

namespace NativeTrain.Core.Tests.Ops;

/// <summary>oneDNN's convolutions alone, which `bench kernels` times beside ours.</summary>
public sealed class LibraryConvolutionTests
{
    public static TheoryData<Conv2dShape, int, bool> Cases => [.. from shape in Shapes from pass in (int[])[0, 1, 2] from any in (bool[])[false, true] select (shape, pass, any)];

    private static Conv2dShape[] Shapes => [new(2, 9, 7, 16, 24, 3, 3, 2, 1, 1), new(1, 8, 8, 32, 32, 3, 3, 1, 1, 32), new(1, 5, 5, 3, 17, 1, 1, 1, 0, 1)];

    [Theory, MemberData(nameof(Cases))]
    public void ItRunsInEveryPassAndLayout(Conv2dShape shape, int pass, bool any)
    {
        using var backend = new CpuBackend();
        foreach (var type in (DType[])[DType.F32, DType.BF16, DType.F16])
        {
            using var convolution = backend.OpenLibrary(shape, pass, type, any);
            Assert.Equal(backend.Computes(type), convolution is not null);
            convolution?.Run();
            Assert.NotEqual("", convolution?.Name);
        }
    }

    [Fact]
    public void AShapeThatMakesNoSenseIsRefused()
    {
        using var backend = new CpuBackend();
        Assert.ThrowsAny<Exception>(() => backend.OpenLibrary(new Conv2dShape(1, 1, 1, 3, 4, 3, 3, 1, 0, 1), 0, DType.F32, anyLayout: false));
    }
}
