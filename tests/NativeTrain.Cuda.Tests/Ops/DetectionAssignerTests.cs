using NativeTrain.Core;
using NativeTrain.Core.Ops;
using NativeTrain.Core.Tests.Ops;
using Xunit;
using static NativeTrain.Core.Tests.Ops.DenseDetectionLoss;

namespace NativeTrain.Cuda.Tests.Ops;

/// <summary>Who learns what, with many objects and with equal ones: as on the CPU, and the same however often it is asked.</summary>
[Collection(Devices.Name)]
public sealed class DetectionAssignerTests(Devices devices)
{
    private const int Columns = 7, Score = 4, Class = 5, Row = 6;

    // An input of 128×128.
    private static readonly Level[] Head = [new(16, 16, 8), new(8, 8, 16), new(4, 4, 32)];

    [Theory]
    [InlineData(2, 3, 1, 10, 16)]
    [InlineData(3, 1, 60, 10, 16)]
    [InlineData(1, 17, 200, 13, 4)]
    [InlineData(2, 3, 30, 1, 16)]
    [InlineData(2, 3, 30, 40, 16)]
    [InlineData(1, 2, 5, 400, 16)]
    [InlineData(1, 2, 5, 6100, 16)] // with the kernel's own array more shared memory than a block has without asking
    public void CellsGoToTheObjectsOfTheCpu(int images, int classes, int objects, int topk, int bins)
    {
        var options = new DetectionLossOptions { TopK = topk, RegMax = bins };
        float[] Assigned(IBackend backend)
        {
            using var c = new DetectionCase(backend, Head, images, classes, objects, seed: objects + topk, bins: bins);
            return Assign(backend, c, options);
        }

        float[] expected = Assigned(devices.Cpu), actual = Assigned(devices.Cuda);
        Check(expected, actual);
        for (int i = 0; i < 3; i++) Assert.Equal(actual, Assigned(devices.Cuda));
    }

    /// <summary>All cells predict alike, so that metrics are equal in many cells, and objects come in pairs: the earlier cell and the earlier object are taken.</summary>
    [Fact]
    public void OfEqualsTheEarlierIsTaken()
    {
        float[] pair = [0, 1, 0.5f, 0.5f, 0.5f, 0.5f], targets = [.. pair, .. pair, 0, 1, 0.25f, 0.75f, 0.5f, 0.5f, 1, 0, 0.5f, 0.5f, 1, 1];
        float[] Assigned(IBackend backend)
        {
            using var c = new DetectionCase(backend, Head, 2, 2, 0, seed: 1, targets: targets);
            foreach (var box in c.Box) backend.Fill(box, 0);
            foreach (var cls in c.Cls) backend.Fill(cls, 0.5f);
            return Assign(backend, c, new DetectionLossOptions());
        }

        float[] expected = Assigned(devices.Cpu), actual = Assigned(devices.Cuda);
        Check(expected, actual);
        int cells = actual.Length / Columns / 2;
        float[] rows = [.. Enumerable.Range(0, cells).Select(i => actual[i * Columns + Row])];
        Assert.Contains(0, rows);
        Assert.DoesNotContain(1, rows); // the second of the pair
    }

    /// <summary>Rows without a size, and rows of all images in any order: an object's number counts all rows of its image.</summary>
    [Fact]
    public void RowsInAnyOrderAndWithoutSize()
    {
        float[] targets =
        [
            1, 0, 0.30f, 0.40f, 0.30f, 0.20f,
            0, 1, 0.50f, 0.50f, 0.00f, 0.00f,
            1, 1, 0.70f, 0.60f, 0.40f, 0.50f,
            0, 0, 0.25f, 0.30f, 0.25f, 0.35f,
            1, 1, 0.00f, 0.00f, 0.00f, 0.00f,
            0, 1, 0.80f, 0.70f, 0.30f, 0.45f,
        ];
        float[] Assigned(IBackend backend)
        {
            using var c = new DetectionCase(backend, Head, 3, 2, 0, seed: 2, targets: targets);
            return Assign(backend, c, new DetectionLossOptions());
        }

        float[] actual = Assigned(devices.Cuda);
        Check(Assigned(devices.Cpu), actual);
        int cells = actual.Length / Columns / 3;
        float[] RowsOf(int image) => [.. Enumerable.Range(image * cells, cells).Select(i => actual[i * Columns + Row]).Distinct().Order()];
        Assert.Equal([-1, 1, 2], RowsOf(0));
        Assert.Equal([-1, 0, 1], RowsOf(1));
        Assert.Equal([-1], RowsOf(2));
    }

    private static float[] Assign(IBackend backend, DetectionCase c, DetectionLossOptions options)
    {
        using var tape = new Tape(backend, record: false);
        return backend.ToFloats(DetectionLoss.Forward(tape, c.Box, c.Cls, c.Strides, c.Targets, options).Assigned);
    }

    private static void Check(float[] expected, float[] actual)
    {
        for (int i = 0; i < expected.Length; i++)
        {
            if (i % Columns is Class or Row) Assert.Equal(expected[i], actual[i]);
            else Assert.Equal(expected[i], actual[i], i % Columns == Score ? 1e-5f : 1e-3f);
        }
    }
}
