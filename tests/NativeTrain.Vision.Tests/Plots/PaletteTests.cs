using NativeTrain.Vision.Plots;
using Xunit;

namespace NativeTrain.Vision.Tests.Plots;

public class PaletteTests
{
    [Fact]
    public void Eighty_classes_have_eighty_colours() =>
        Assert.Equal(80, Enumerable.Range(0, 80).Select(Palette.Rgb).Distinct().Count());

    /// <summary>WCAG 2's contrast ratio; it asks for 3 for graphics, 2 on white leaves room for the lighter hues.</summary>
    [Fact]
    public void Every_colour_stands_out_on_white_and_on_black()
    {
        for (int cls = 0; cls < 200; cls++)
        {
            var (red, green, blue) = Palette.Rgb(cls);
            double luminance = 0.2126 * Linear(red) + 0.7152 * Linear(green) + 0.0722 * Linear(blue);
            Assert.InRange(1.05 / (luminance + 0.05), 2.0, 21);
            Assert.InRange((luminance + 0.05) / 0.05, 3.0, 21);
        }

        static double Linear(byte value) => value / 255.0 <= 0.04045 ? value / 255.0 / 12.92 : Math.Pow((value / 255.0 + 0.055) / 1.055, 2.4);
    }

    [Fact]
    public void Neighbouring_classes_differ_clearly()
    {
        for (int cls = 0; cls < 200; cls++)
            for (int next = cls + 1; next <= cls + 4; next++)
                Assert.False(Picture.IsNear(Palette.Rgb(cls), Palette.Rgb(next), 40), $"classes {cls} and {next} look alike");
    }
}
