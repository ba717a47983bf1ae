using Xunit;

namespace NativeTrain.Core.Tests.Ops;

public sealed class AddTests : OpTest
{
    [Theory, MemberData(nameof(Maps))]
    public void AddsDenseTensorsAndSlices(int n, int h, int w, int c)
    {
        var shape = new Shape(n, h, w, c);
        float[] a = Random(shape.Count, 1), b = Random(shape.Count, 2);
        float[] expected = [.. a.Zip(b, (p, q) => p + q)];
        foreach (var (sliceA, sliceB, sliceY) in new[] { (false, false, false), (true, false, false), (false, true, true), (true, true, true) })
        {
            var y = Blank(shape, sliceY);
            Backend.Add(New(a, shape, sliceA), New(b, shape, sliceB), y);
            Assert.Equal(expected, Values(y));
        }
    }

    [Fact]
    public void SumMayReplaceAnAddend()
    {
        var shape = new Shape(1, 5, 5, 7);
        float[] a = Random(shape.Count, 1), b = Random(shape.Count, 2);
        var t = New(a, shape);
        Backend.Add(t, New(b, shape), t);
        Assert.Equal(a.Zip(b, (p, q) => p + q), Values(t));
    }
}
