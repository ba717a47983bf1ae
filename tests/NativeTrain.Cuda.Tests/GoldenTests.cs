using NativeTrain.Core;
using NativeTrain.Testing;
using NativeTrain.Training;
using Xunit;

namespace NativeTrain.Cuda.Tests;

/// <summary>Whole models on the device beside the reference's numbers, as tests/golden has them for the CPU.</summary>
[Collection(Devices.Name)]
public sealed class GoldenTests(Devices devices)
{
    [SharedTheory]
    [InlineData("yolo11n-nc3-128", 423)]
    [InlineData("yolo11n-seg-nc2-96", 478)]
    [InlineData("yolo11n-cls-nc3-64", 201)]
    public void EveryTensorAgreesWithTheReferences(string name, int tensors) => Check(name, DType.F32, tensors);

    /// <summary>The loss within 1 %, the gradients' direction and length within 15 %.</summary>
    [SharedTheory]
    [InlineData("yolo11n-nc3-128", 6)]
    [InlineData("yolo11n-seg-nc2-96", 8)]
    [InlineData("yolo11n-cls-nc3-64", 4)]
    public void InHalfPrecisionLossAndGradientsAreNearly(string name, int tensors) => Check(name, DType.F16, tensors);

    private void Check(string name, DType precision, int tensors)
    {
        long live = devices.Cuda.Allocator.LiveBytes;
        var results = Verification.Run(devices.Cuda, Shared.File("golden/" + name), precision);
        Assert.Equal(tensors, results.Count);
        Assert.All(results, r => Assert.True(r.Passed, $"{r.Name}: {r.Deviation:E2}, allowed {r.Tolerance:E1}"));
        Assert.Equal(live, devices.Cuda.Allocator.LiveBytes);
    }
}
