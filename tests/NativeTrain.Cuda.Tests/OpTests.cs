using NativeTrain.Core;
using NativeTrain.Gradients;
using Xunit;

namespace NativeTrain.Cuda.Tests;

/// <summary>Every op at every case of the gradient check, in each type that it takes: outputs and gradients are the CPU's, and the same again when computed again.</summary>
[Collection(Devices.Name)]
public sealed class OpTests(Devices devices)
{
    public static TheoryData<string, DType> Cases
    {
        get
        {
            var all = new TheoryData<string, DType>();
            foreach (var c in OpCases.All)
                foreach (var type in c.AnyMap ? new[] { DType.F32, DType.F16, DType.BF16 } : [DType.F32])
                    all.Add(c.ToString(), type);
            return all;
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void OutputsAndGradientsAreThoseOfTheCpu(string name, DType type)
    {
        var opCase = OpCases.All.Single(c => c.ToString() == name);
        float[][] values = CaseRun.Draw(devices.Cpu, opCase, type);
        long liveBefore = devices.Cuda.Allocator.LiveBytes;
        // Sums in another order differ by roundings of F32; results are then rounded to the type, by half of 2⁻⁸ or 2⁻¹¹.
        double tolerance = type switch { DType.BF16 => 0.02, DType.F16 => 0.0025, _ => 2e-5 };
        foreach (int uses in opCase.OneUser ? new[] { 1 } : [1, 2])
        {
            var expected = CaseRun.Run(devices.Cpu, opCase, values, type, type, uses);
            var actual = CaseRun.Run(devices.Cuda, opCase, values, type, type, uses);
            for (int i = 0; i < expected.Length; i++)
                if (CaseRun.Difference(expected[i], actual[i], tolerance) is { } difference)
                    Assert.Fail($"array {i}, {uses} uses, {difference}");
        }
        Assert.Equal(CaseRun.Run(devices.Cuda, opCase, values, type, type, 1), CaseRun.Run(devices.Cuda, opCase, values, type, type, 1));
        Assert.Equal(liveBefore, devices.Cuda.Allocator.LiveBytes);
    }
}
