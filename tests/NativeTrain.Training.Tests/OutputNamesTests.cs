using Xunit;

namespace NativeTrain.Training.Tests;

public sealed class OutputNamesTests
{
    [Theory]
    [InlineData("x/a.jpg", "a.jpg", "a.txt")]
    [InlineData("x/b.bmp", "b.png", "b.txt")]
    [InlineData("x/c.jpg", "c.jpg", "c.jpg.txt")]
    [InlineData("x/c.png", "c.png", "c.png.txt")]
    [InlineData("x/d.jpg", "d.jpg", "d.txt")]
    [InlineData("y/d.jpg", "d-3.jpg", "d-3.txt")]
    [InlineData("z/d.jpg", "d-4.jpg", "d-4.txt")]
    [InlineData("z/d-2.jpg", "d-2.jpg", "d-2.txt")]
    public void EveryFileHasItsOwnName(string file, string picture, string text)
    {
        var names = new OutputNames(["z/d.jpg", "x/a.jpg", "x/b.bmp", "x/c.jpg", "x/c.png", "x/d.jpg", "y/d.jpg", "z/d-2.jpg"]);
        Assert.Equal((picture, text), (names.Picture(file), names.Text(file)));
    }
}
