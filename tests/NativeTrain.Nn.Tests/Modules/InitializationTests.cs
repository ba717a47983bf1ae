using NativeTrain.Core;
using NativeTrain.Cpu;
using NativeTrain.Nn.Modules;
using Xunit;

namespace NativeTrain.Nn.Tests.Modules;

/// <summary>Layers start as PyTorch's do: weights and biases uniform in ±1/√fan_in.</summary>
public sealed class InitializationTests : IDisposable
{
    private readonly CpuBackend backend = new();

    public void Dispose() => backend.Dispose();

    [Fact]
    public void AConvolutionCountsItsWindow() => StartsWithin(1 / Math.Sqrt(3 * 3 * 8), new Conv2dLayer(backend, 16, 32, 3, groups: 2));

    [Fact]
    public void ATransposedConvolutionCountsItsOutputs() => StartsWithin(1 / Math.Sqrt(2 * 2 * 32), new ConvTranspose2dLayer(backend, 16, 32, 2, 2));

    [Fact]
    public void ALinearLayerCountsItsInputs() => StartsWithin(1 / Math.Sqrt(1280), new LinearLayer(backend, 1280, 100));

    /// <summary>A uniform variable's variance is a third of its bound's square; the largest of many come near the bound.</summary>
    private void StartsWithin(double bound, Module module)
    {
        using (module)
        {
            var random = new InitRandom(3);
            module.Initialize(ref random);
            Assert.All(module.NamedParameters(), p =>
            {
                float[] values = backend.ToFloats(p.Parameter.Value);
                Assert.InRange(values.Max(Math.Abs), 0.8 * bound, bound);
                Assert.InRange(values.Average(v => v * v), 0.6 * bound * bound / 3, 1.4 * bound * bound / 3);
            });
        }
    }
}
