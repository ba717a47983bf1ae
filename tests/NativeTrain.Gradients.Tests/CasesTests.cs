using NativeTrain.Core;
using NativeTrain.Core.Ops;
using NativeTrain.Cpu;
using NativeTrain.Testing;
using NativeTrain.Vision.Models;
using Xunit;

namespace NativeTrain.Gradients.Tests;

/// <summary>Every op, loss, block and model under the gradient check.</summary>
public sealed class CasesTests : IDisposable
{
    /// <summary>Inference only: no gradient is promised.</summary>
    private static readonly Type[] WithoutGradient = [typeof(DetectionDecode)];

    private readonly CpuBackend backend = new();

    public void Dispose() => backend.Dispose();

    public static TheoryData<string> Names => [.. OpCases.All.Concat(BlockCases.All).Select(c => c.ToString())];

    [Theory]
    [MemberData(nameof(Names))]
    public void GradientsAreRight(string name)
    {
        var result = GradCheck.Run(backend, OpCases.All.Concat(BlockCases.All).Single(c => c.ToString() == name), new GradCheckOptions { Elements = 100 });
        Assert.True(result.Passed, result.ToString());
    }

    [SharedTheory]
    [InlineData("yolo11n-nc3-128")]
    [InlineData("yolo11n-seg-nc2-96")]
    [InlineData("yolo11n-cls-nc3-64")]
    public void AReferencesModelHasRightGradients(string name)
    {
        var result = GradCheck.Run(backend, ModelCases.OfReference(Shared.File("golden/" + name)));
        Assert.True(result.Passed, result.ToString());
        Assert.Contains(result.Inputs, i => i.Name == "layer 0 (Conv)");
    }

    [Fact]
    public void EveryOpHasACase()
    {
        var ops = typeof(Silu).Assembly.GetTypes().Where(t => t.Namespace == typeof(Silu).Namespace && t.GetMethods().Any(m => m.Name == "Forward"));
        var missing = ops.Except(OpCases.All.Select(c => c.Op)).Except(WithoutGradient).Select(t => t.Name);
        Assert.Empty(missing);
    }

    [Fact]
    public void EveryBlockOfTheBuiltInGraphsHasACase()
    {
        var blocks = Enum.GetValues<YoloTask>().SelectMany(t => YoloSpec.BuiltIn('n', t).Layers).Select(l => l.Block).Distinct();
        Assert.Empty(blocks.Except(GradCases.Subjects).Except(["Upsample"])); // the op Upsample2x
    }

    [Theory]
    [InlineData("silu", "Silu")]
    [InlineData("max_pool", "MaxPool")]
    [InlineData("detection_loss", "DetectionLoss")]
    [InlineData("c3k2", "C3k2")]
    [InlineData("sppf", "SPPF")]
    [InlineData("DetectHead", "Detect")]
    public void AWordFindsItsCases(string word, string subject)
    {
        var found = GradCases.Find(word);
        Assert.NotEmpty(found);
        Assert.All(found, c => Assert.Equal(subject, c.Subject));
    }

    [Fact]
    public void AnUnknownWordGetsTheNearest() =>
        Assert.Contains("did you mean 'Conv2d'?", Assert.Throws<InputException>(() => GradCases.Find("con2d")).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData("silu", "2x3x3x8", null)]
    [InlineData("conv", "2x6x6x5", null)]
    [InlineData("cross_entropy", "6x4", null)]
    [InlineData("silu", "3x8", "takes NxHxWxC")]
    [InlineData("mask_loss", "3x8", "fixed shapes only")]
    [InlineData("yolo11n-cls.yaml", "2x40x40x3", "wants Nx32kx32mx3")]
    public void ShapesAreTakenWhereTheyFit(string word, string shape, string? refusal)
    {
        int[] dims = [.. shape.Split('x').Select(int.Parse)];
        if (refusal is not null)
        {
            Assert.Contains(refusal, Assert.Throws<InputException>(() => GradCases.Find(word, dims)).Message, StringComparison.Ordinal);
            return;
        }
        var c = Assert.Single(GradCases.Find(word, dims));
        Assert.Equal(dims, c.Inputs[0].Shape.Dims.ToArray());
        Assert.True(GradCheck.Run(backend, c, new GradCheckOptions { Elements = 20 }) is { Passed: true } r, c.ToString());
    }

    /// <summary>16-bit maps: gradients of rounded maps lie within roundings of differences in F32.</summary>
    [Theory]
    [InlineData("Silu", DType.BF16)]
    [InlineData("Conv2d", DType.F16)]
    [InlineData("BatchNormAct", DType.BF16)]
    [InlineData("C3k2", DType.F16)]
    [InlineData("Detect", DType.BF16)]
    public void SixteenBitGradientsAreRight(string subject, DType type)
    {
        foreach (var c in GradCases.Find(subject))
        {
            var result = GradCheck.Run(backend, c, new GradCheckOptions { Type = type, Elements = 30 });
            Assert.True(result.Passed, result.ToString());
            Assert.Equal(type, result.Type);
        }
    }
}
