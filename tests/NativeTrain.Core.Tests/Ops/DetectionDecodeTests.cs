using NativeTrain.Core.Ops;
using Xunit;

namespace NativeTrain.Core.Tests.Ops;

public sealed class DetectionDecodeTests : OpTest
{
    [Theory]
    [InlineData(1, 1)]
    [InlineData(3, 17)]
    public void GivesExpectedDistancesAndProbabilities(int n, int nc)
    {
        DenseDetectionLoss.Level[] levels = [new(3, 5, 8), new(2, 3, 16), new(1, 1, 40)];
        using var c = new DetectionCase(Backend, levels, n, nc, 0, 21);
        using var tape = new Tape(Backend, record: false);
        var y = DetectionDecode.Forward(tape, c.Box, c.Cls, c.Strides);
        Assert.Equal(new Shape(n, c.Dense.Cells, 4 + nc), y.Shape);
        float[] decoded = Backend.ToFloats(y);

        int[] strides = [.. levels.SelectMany(l => Enumerable.Repeat(l.Stride, l.H * l.W))];
        for (int image = 0; image < n; image++)
            for (int cell = 0; cell < c.Dense.Cells; cell++)
            {
                var row = decoded.AsSpan((image * c.Dense.Cells + cell) * (4 + nc), 4 + nc);
                var box = c.Dense.Predicted(image, cell).Times(strides[cell]);
                Assert.Equal((box.X1 + box.X2) / 2, row[0], 1e-3);
                Assert.Equal((box.Y1 + box.Y2) / 2, row[1], 1e-3);
                Assert.Equal(box.X2 - box.X1, row[2], 1e-3);
                Assert.Equal(box.Y2 - box.Y1, row[3], 1e-3);
                for (int k = 0; k < nc; k++) Assert.Equal(c.Dense.Probability(image, cell, k), row[4 + k], 1e-5);
            }
    }
}
