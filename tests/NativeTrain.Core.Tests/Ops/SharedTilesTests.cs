using NativeTrain.Cpu;
using Xunit;

namespace NativeTrain.Core.Tests.Ops;

/// <summary>
/// Winograd's convolutions where all threads share groups of tiles (winograd_tiles.h): shapes too large for
/// the plain loops of <see cref="ConvolutionCase"/>, against the direct convolutions, which those check.
/// </summary>
[Collection("convolutions")]
public sealed class SharedTilesTests
{
    public static TheoryData<Conv2dShape> Shapes =>
    [
        new Conv2dShape(2, 37, 41, 48, 720, 3, 3, 1, 1, 1),   // two groups of the weight gradient's tiles; every channel's last panel is half a one
        new Conv2dShape(1, 27, 37, 16, 1840, 3, 3, 1, 1, 1),  // of all passes' tiles
        new Conv2dShape(1, 31, 160, 48, 1024, 3, 3, 2, 1, 1), // and at stride 2
        new Conv2dShape(1, 49, 43, 80, 432, 3, 3, 1, 0, 1),   // one group, of the weight gradient's tiles; no padding, and a block of 16 channels
    ];

    [Theory]
    [MemberData(nameof(Shapes))]
    public void AgreeWithTheDirectConvolutions(Conv2dShape shape)
    {
        var c = new ConvolutionCase(shape);
        using var backend = new CpuBackend(threads: 2);
        ConvolutionCase.Passes Run(string implementation)
        {
            using var forced = new ForcedConvolutions(implementation);
            for (int pass = 0; pass < 3; pass++) Assert.StartsWith(implementation, backend.Conv2dImplementation(shape, pass), StringComparison.Ordinal);
            return c.Run(backend);
        }
        ConvolutionCase.Passes expected = Run("direct"), actual = Run("winograd");
        ConvolutionCase.Near(expected.Y, actual.Y, "y", 5e-5);
        ConvolutionCase.Near(expected.Dx, actual.Dx, "dx", 5e-5);
        ConvolutionCase.Near(expected.Dw, actual.Dw, "dw", 5e-5);
    }

    [Theory]
    [MemberData(nameof(Shapes))]
    public void GiveTheSameBitsOnAnyNumberOfThreads(Conv2dShape shape)
    {
        using var forced = new ForcedConvolutions("winograd");
        using var restored = new RestoredThreads();
        var c = new ConvolutionCase(shape);
        foreach (var type in new[] { DType.F32, DType.BF16 })
        {
            ConvolutionCase.Passes Run(int threads)
            {
                using var backend = new CpuBackend(threads);
                return c.Run(backend, type, type);
            }
            var two = Run(2);
            foreach (int threads in new[] { 1, 3 })
            {
                var other = Run(threads);
                Assert.Equal(two.Y, other.Y);
                Assert.Equal(two.Dx, other.Dx);
                Assert.Equal(two.Dw, other.Dw);
            }
        }
    }
}
