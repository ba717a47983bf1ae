using Xunit;

namespace NativeTrain.Core.Tests.Ops;

public sealed class SiluTests : OpTest
{
    [Theory, MemberData(nameof(Maps))]
    public void ForwardAndBackwardAreTheFormula(int n, int h, int w, int c)
    {
        var shape = new Shape(n, h, w, c);
        float[] x = Random(shape.Count, 1, 6), dy = Random(shape.Count, 2), start = Random(shape.Count, 3);
        double[] y = [.. x.Select(v => v * Sigmoid(v))];
        double[] dx = [.. x.Zip(dy, (v, g) => g * Derivative(v))];
        foreach (bool slice in new[] { false, true })
        {
            var tx = New(x, shape, slice);
            var ty = Blank(shape, slice);
            Backend.SiluForward(tx, ty);
            AssertClose(y, Values(ty));

            var tdx = Blank(shape, slice);
            Backend.SiluBackward(tx, New(dy, shape, slice), tdx, accumulate: false);
            AssertClose(dx, Values(tdx));

            tdx = New(start, shape, slice);
            Backend.SiluBackward(tx, New(dy, shape), tdx, accumulate: true);
            AssertClose([.. dx.Zip(start, (a, b) => a + b)], Values(tdx));
        }
    }

    /// <summary>
    /// Checks the exponential too: the relative error of SiLU stays below 3 units in the last place; on a GPU, whose special
    /// function units give the exponential (kernels/math/silu.h), below 6 + 1.2·|x|.
    /// </summary>
    [Fact]
    public void KeepsItsDigitsOverTheWholeRange()
    {
        float[] x = [.. Enumerable.Range(-85_000, 170_001).Select(i => i * 1e-3f)];
        float[] y = Forward(x);
        bool gpu = Backend.Name == "cuda";
        double worst = x.Zip(y, (v, got) => v == 0 ? Math.Abs(got) : Math.Abs(got / (v * Sigmoid(v)) - 1) / (gpu ? 6 + 1.2 * Math.Abs(v) : 3)).Max();
        Assert.True(worst < Math.Pow(2, -23), $"relative error {worst * Math.Pow(2, 23):g3} times what is allowed");
    }

    [Fact]
    public void IsFiniteForLargeNumbersAndKeepsNaN()
    {
        float[] y = Forward([1e4f, 3e38f, -88f, -1e4f, -1e30f, float.NaN, float.PositiveInfinity]);
        Assert.Equal(1e4f, y[0]);
        Assert.Equal(3e38f, y[1]);
        Assert.All(y[2..5], v => Assert.InRange(v, -1e-7f, 0f));
        Assert.Equal(float.NaN, y[5]);
        Assert.Equal(float.PositiveInfinity, y[6]);
    }

    internal static double Sigmoid(double x) => 1 / (1 + Math.Exp(-x));

    internal static double Derivative(double x) => Sigmoid(x) * (1 + x * (1 - Sigmoid(x)));

    private float[] Forward(float[] x)
    {
        var shape = new Shape(x.Length, 1);
        var y = Blank(shape);
        Backend.SiluForward(New(x, shape), y);
        return Values(y);
    }
}
