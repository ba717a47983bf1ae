using NativeTrain.Core;
using NativeTrain.Testing;
using NativeTrain.Training;
using Xunit;

namespace NativeTrain.Cuda.Tests;

/// <summary>Models with a reference's weights, on the device: within the CPU's tolerances in F32, the loss within 1 % in 16 bits.</summary>
[Collection(Devices.Name)]
public sealed class GoldenTests(Devices devices)
{
    [SharedTheory]
    [InlineData("yolo11n-nc3-128", DType.F32)]
    [InlineData("yolo11n-seg-nc2-96", DType.F32)]
    [InlineData("yolo11n-cls-nc3-64", DType.F32)]
    [InlineData("yolo11n-nc3-128", DType.F16)]
    [InlineData("yolo11n-seg-nc2-96", DType.F16)]
    [InlineData("yolo11n-cls-nc3-64", DType.F16)]
    public void AgreesWithTheReference(string name, DType precision)
    {
        var results = Verification.Run(devices.Cuda, Shared.File("golden/" + name), precision);
        Assert.Contains(results, r => r.Group == "loss");
        var wrong = results.Where(r => !r.Passed).Select(r => $"{r.Name}: {r.Deviation:E2}, allowed {r.Tolerance:E1}").ToList();
        Assert.True(wrong.Count == 0, string.Join('\n', wrong.Take(20)));
    }
}
