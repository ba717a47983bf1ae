using NativeTrain.Core;
using NativeTrain.Testing;
using Xunit;

namespace NativeTrain.Nn.Tests;

public sealed class LossScalerTests
{
    [Theory, InlineData(double.PositiveInfinity), InlineData(double.NaN)]
    public void OverflowLeavesTheStepOutAndHalvesTheScale(double norm)
    {
        var scaler = new LossScaler();
        Assert.Equal(65536, scaler.Scale);
        Assert.True(scaler.Update(1e30));
        Assert.False(scaler.Update(norm));
        Assert.Equal((32768.0, 0, 1L), (scaler.Scale, scaler.GoodSteps, scaler.Skipped));
    }

    [Fact]
    public void TwoThousandGoodStepsInARowDoubleTheScale()
    {
        var scaler = new LossScaler();
        for (int i = 0; i < 1999; i++) scaler.Update(1);
        scaler.Update(double.NaN); // the row begins anew
        for (int i = 0; i < 1999; i++) scaler.Update(1);
        Assert.Equal(32768, scaler.Scale);
        scaler.Update(1);
        Assert.Equal((65536.0, 0), (scaler.Scale, scaler.GoodSteps));
    }

    [Fact]
    public void TheScaleNeverFallsBelowOneNorRisesWithoutBound()
    {
        var scaler = new LossScaler(2);
        Assert.False(scaler.Update(double.NaN));
        var e = Assert.Throws<InputException>(() => scaler.Update(double.NaN));
        Assert.Equal("training diverged: gradients overflow half precision at a loss scale of 1; try a lower lr0 with optimizer= named, or amp=bf16 or amp=false", e.Message);
        Assert.Equal(1, scaler.Scale);

        scaler = new LossScaler(LossScaler.Ceiling);
        for (int i = 0; i < LossScaler.GrowthInterval; i++) scaler.Update(1);
        Assert.Equal(LossScaler.Ceiling, scaler.Scale);
        Assert.Throws<ArgumentOutOfRangeException>(() => new LossScaler(0.5));
    }

    [Fact]
    public void ItsStateComesBackFromAFile()
    {
        using var folder = new TemporaryFolder();
        var scaler = new LossScaler(1 << 20);
        scaler.Update(double.NaN);
        for (int i = 0; i < 7; i++) scaler.Update(1);
        Safetensors.Write(folder.File("state.safetensors"), scaler.Save(), new Dictionary<string, string>());
        var other = new LossScaler();
        other.Load(Safetensors.Read(folder.File("state.safetensors")));
        Assert.Equal((524288.0, 7, 1L), (other.Scale, other.GoodSteps, other.Skipped));

        Safetensors.Write(folder.File("bad.safetensors"),
            scaler.Save().Skip(1).Prepend(SafetensorsEntry.FromDoubles("scaler.scale", new Shape(1), [0])), new Dictionary<string, string>());
        Assert.Contains("no state of a loss scaler", Assert.Throws<InputException>(() => other.Load(Safetensors.Read(folder.File("bad.safetensors")))).Message);
    }
}
