using NativeTrain.Vision.Data;
using NativeTrain.Vision.Detect;
using Xunit;

namespace NativeTrain.Vision.Tests.Detect;

public sealed class MaskAssemblyTests
{
    /// <summary>Random prototypes of an awkward number against the sum over k of coefficient·prototype, pixel by pixel.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(32)]
    public void AMaskIsTheSignOfTheDotProductWithinTheBox(int count)
    {
        const int height = 12, width = 15;
        var random = new Random(count);
        float[] prototypes = Normal(random, height * width * count), coefficients = Normal(random, 2 * count);
        Detection[] found = [new(8, 4, 40, 30.5f, 0.9f, 0), new(-20, -20, 500, 500, 0.5f, 1)];
        BitMask[] masks = new MaskAssembly(prototypes, height, width).AtPrototypes(found, coefficients);

        for (int i = 0; i < 2; i++)
        {
            Assert.InRange(masks[i].Area, 1, height * width);
            for (int y = 0; y < height; y++)
                for (int x = 0; x < width; x++)
                {
                    double logit = Enumerable.Range(0, count).Sum(k => (double)coefficients[i * count + k] * prototypes[(y * width + x) * count + k]);
                    bool within = x >= found[i].X1 / 4 && x < found[i].X2 / 4 && y >= found[i].Y1 / 4 && y < found[i].Y2 / 4;
                    if (Math.Abs(logit) > 1e-5) Assert.Equal(within && logit > 0, masks[i][y, x]);
                }
        }
    }

    /// <summary>Prototypes that are a ramp in x: the mask's edge lies where the ramp is 0, at any scale and padding.</summary>
    [Theory]
    [InlineData(64, 64, 1f, 0f)]
    [InlineData(128, 64, 0.5f, 0f)]
    [InlineData(100, 50, 0.5f, 16f)]
    public void InTheImageLogitsAreInterpolated(int imageHeight, int imageWidth, float scale, float pad)
    {
        const int side = 16; // of 64 network pixels
        const float edge = 30; // network pixel at which the ramp crosses 0
        float[] prototypes = [.. Enumerable.Range(0, side * side).Select(i => (i % side + 0.5f) * 4 - edge)];
        var sample = new SampleInfo("", imageHeight, imageWidth, scale, scale, pad, 0);
        var box = new Detection(2, 3, imageWidth - 2, imageHeight - 3, 0.9f, 0);
        BitMask mask = Assert.Single(new MaskAssembly(prototypes, side, side).InImage([box], [1], sample));

        Assert.Equal((imageHeight, imageWidth), (mask.Height, mask.Width));
        float crossing = (edge - pad) / scale;
        for (int y = 0; y < imageHeight; y++)
            for (int x = 0; x < imageWidth; x++)
                Assert.Equal(x + 0.5f > crossing && x >= 2 && x < imageWidth - 2 && y >= 3 && y < imageHeight - 3, mask[y, x]);
    }

    [Fact]
    public void BoxesOutsideOrWithoutSizeGiveEmptyMasks()
    {
        var assembly = new MaskAssembly(Enumerable.Repeat(1f, 64).ToArray(), 8, 8);
        Detection[] found = [new(100, 100, 200, 200, 1, 0), new(5, 5, 5, 5, 1, 0), new(float.NaN, 0, 9, 9, 1, 0), new(9, 9, 3, 3, 1, 0)];
        var sample = new SampleInfo("", 32, 32, 1, 1, 0, 0);
        Assert.All(assembly.AtPrototypes(found, [1, 1, 1, 1]), mask => Assert.Equal(0, mask.Area));
        Assert.All(assembly.InImage(found, [1, 1, 1, 1], sample), mask => Assert.Equal(0, mask.Area));
        Assert.Throws<ArgumentException>(() => assembly.AtPrototypes(found, [1]));
    }

    private static float[] Normal(Random random, int count) =>
        [.. Enumerable.Range(0, count).Select(_ => (float)(Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(Math.Tau * random.NextDouble())))];
}
