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

    /// <summary>Small tensors, one that makes several chunks, and another type.</summary>
    [Fact]
    public void CopiesManyTensorsAtOnce()
    {
        float[][] values = [Random(1, 1), Random(3, 2), Random(100_003, 3)];
        Tensor[] from = [.. values.Select(v => New(v, new Shape(v.Length))), Bytes([1, 2, 3], new Shape(3))];
        Tensor[] to = [.. values.Select(v => Blank(new Shape(v.Length))), Bytes([9, 9, 9], new Shape(3))];
        Backend.CopyAll(from, to);
        for (int i = 0; i < values.Length; i++) Assert.Equal(values[i], Values(to[i]));
        byte[] bytes = new byte[3];
        Backend.Download(to[3], bytes);
        Assert.Equal([1, 2, 3], bytes);
        Backend.CopyAll([], []);
    }
}
