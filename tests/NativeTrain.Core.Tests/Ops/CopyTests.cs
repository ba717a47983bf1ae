using Xunit;

namespace NativeTrain.Core.Tests.Ops;

public sealed class CopyTests : OpTest
{
    [Theory, MemberData(nameof(Maps))]
    public void CopiesOrAddsDenseTensorsAndSlices(int n, int h, int w, int c)
    {
        var shape = new Shape(n, h, w, c);
        float[] x = Random(shape.Count, 1), start = Random(shape.Count, 2);
        foreach (bool from in new[] { false, true })
        {
            foreach (bool to in new[] { false, true })
            {
                var y = Blank(shape, to);
                Backend.Copy(New(x, shape, from), y, accumulate: false);
                Assert.Equal(x, Values(y));

                y = New(start, shape, to);
                Backend.Copy(New(x, shape, from), y, accumulate: true);
                Assert.Equal(x.Zip(start, (a, b) => a + b), Values(y));
            }
        }
    }
}
