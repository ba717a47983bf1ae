using NativeTrain.Core;
using NativeTrain.Cuda.Convolutions;
using NativeTrain.Core.Tests.Ops;
using Xunit;

namespace NativeTrain.Cuda.Tests.Ops;

/// <summary>
/// The kernels of a convolution, in every tile and every combination of types, against plain loops in double precision:
/// the backend chooses among them by shape and device, and an ordinary test would see only what it chooses.
/// </summary>
public sealed class Conv2dKernelTests : OpTest
{
    private CudaBackend Cuda => (CudaBackend)Backend;

    /// <summary>n, h, w, inputs, outputs, kh, kw, stride, pad: more than a tile and less than one in each direction, channels that fill copies of 16 bytes, of 8 and of none.</summary>
    public static TheoryData<int, int, int, int, int, int, int, int, int> Shapes => new()
    {
        { 2, 5, 7, 3, 17, 3, 3, 1, 1 },
        { 1, 1, 1, 1, 1, 3, 3, 1, 1 },
        { 1, 7, 5, 17, 3, 3, 3, 2, 1 },
        { 2, 8, 8, 16, 32, 3, 3, 2, 1 },
        { 2, 9, 9, 16, 24, 1, 1, 1, 0 },
        { 1, 9, 7, 8, 8, 1, 1, 2, 0 },
        { 1, 9, 8, 8, 72, 3, 3, 3, 1 },
        { 1, 4, 23, 40, 136, 3, 3, 1, 1 },
        { 1, 6, 6, 12, 20, 2, 2, 2, 0 },
        { 1, 3, 3, 8, 8, 3, 3, 1, 4 },
        { 2, 5, 3, 3, 4, 3, 1, 1, 0 },
        { 3, 17, 19, 8, 16, 1, 3, 1, 1 },
    };

    [Theory, MemberData(nameof(Shapes))]
    public void EveryTileComputesTheDefinition(int n, int h, int w, int inputs, int outputs, int kh, int kw, int stride, int pad)
    {
        var s = new Conv2dShape(n, h, w, inputs, outputs, kh, kw, stride, pad, 1);
        foreach (var (typeX, typeY) in Types)
        {
            var c = new ConvolutionCase(s, v => Rounded(v, Narrower(typeX, typeY)));
            var expected = c.Expected();
            Tensor x = Map(c.X, new(n, h, w, inputs), typeX), dy = Map(c.Dy, new(n, s.OH, s.OW, outputs), typeY);
            Tensor weights = New(c.W, new(outputs, kh, kw, inputs)), bias = New(c.Bias, new(outputs));

            foreach (var tiles in Tiles(s, ConvPass.Forward, Narrower(typeX, typeY)))
            {
                SameBits(tiles, tile =>
                {
                    var y = Map(Nans(dy.Count), dy.Shape, typeY);
                    Cuda.MultiplyTiles(x, weights, bias, y, s, backward: false, tile);
                    return Near(expected.Y, y, $"y of {tile.Kernel}");
                });
            }
            foreach (var tiles in Tiles(s, ConvPass.BackwardData, Narrower(typeX, typeY)))
            {
                SameBits(tiles, tile =>
                {
                    var dx = Map(Nans(x.Count), x.Shape, typeX);
                    Cuda.MultiplyTiles(dy, weights, null, dx, s, backward: true, tile);
                    return Near(expected.Dx, dx, $"dx of {tile.Kernel}");
                });
            }
            foreach (var tile in Tiles(s, ConvPass.BackwardWeight, Narrower(typeX, typeY)).SelectMany(t => t))
            {
                SameBits([tile, tile], _ =>
                {
                    var dw = New(c.DwBefore, weights.Shape);
                    Cuda.MultiplyWeightTiles(x, dy, dw, s, tile);
                    return Near(expected.Dw, dw, $"dw of {tile.Kernel}");
                });
            }
        }
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(2, 2)]
    [InlineData(3, 1)]
    public void TheNaiveKernelsComputeTheDefinitionInGroups(int groups, int stride)
    {
        var s = new Conv2dShape(2, 6, 5, 6, 9 * groups, 3, 2, stride, 1, groups);
        foreach (var (typeX, typeY) in Types)
        {
            var c = new ConvolutionCase(s, v => Rounded(v, Narrower(typeX, typeY)));
            var expected = c.Expected();
            Tensor x = Map(c.X, new(s.N, s.H, s.W, s.IC), typeX), dy = Map(c.Dy, new(s.N, s.OH, s.OW, s.OC), typeY);
            Tensor weights = New(c.W, new(s.OC, s.KH, s.KW, s.IC / groups)), dw = New(c.DwBefore, weights.Shape);
            Tensor y = Map(Nans(dy.Count), dy.Shape, typeY), dx = Map(Nans(x.Count), x.Shape, typeX);
            Cuda.GroupedForward(x, weights, New(c.Bias, new(s.OC)), y, s);
            Cuda.GroupedBackwardData(dy, weights, dx, s);
            Cuda.GroupedBackwardWeight(x, dy, dw, s);
            Near(expected.Y, y, "y");
            Near(expected.Dx, dx, "dx");
            Near(expected.Dw, dw, "dw");
        }
    }

    [Fact]
    public void ABatchWhosePositionsAreNo32BitNumbersGoesInRunsOfImages()
    {
        var s = new Conv2dShape(100, 1024, 1024, 3, 64, 1, 1, 1, 0, 1);
        var runs = CudaBackend.ImagesAtOnce(s).ToList();
        Assert.All(runs, r => Assert.True((long)r.Images * s.OH * s.OW * s.OC < int.MaxValue));
        Assert.Equal([(0, 31), (31, 31), (62, 31), (93, 7)], runs);
        Assert.Single(CudaBackend.ImagesAtOnce(s with { N = 16 }));
        var e = Assert.Throws<InputException>(() => CudaBackend.ImagesAtOnce(s with { H = 65536 }).First());
        Assert.Contains("lower imgsz", e.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(DType.F32, 0)]
    [InlineData(DType.F16, 75)]
    [InlineData(DType.BF16, 80)]
    public void TensorCoresComputeWhatTheyCan(DType type, int since)
    {
        var s = new Conv2dShape(16, 40, 40, 64, 128, 3, 3, 1, 1, 1);
        string way = type != DType.F32 && Cuda.Device.Capability >= since ? "mma" : "fma";
        Assert.StartsWith($"conv2d_{way}<{CudaBackend.T(type)}, ", Cuda.Conv2dImplementation(s, 0, type), StringComparison.Ordinal);
        Assert.StartsWith($"conv2d_weight_{way}<{CudaBackend.T(type)}, 64, 64", Cuda.Conv2dImplementation(s, 2, type), StringComparison.Ordinal);
        Assert.EndsWith(", 128, 32, false>", Cuda.Conv2dImplementation(s with { IC = 3 }, 0, type), StringComparison.Ordinal);
        Assert.Equal($"conv2d_forward_v1<{CudaBackend.T(type)}>", Cuda.Conv2dImplementation(s with { Groups = 2 }, 0, type));
    }

    private static IEnumerable<(DType X, DType Y)> Types
    {
        get
        {
            yield return (DType.F32, DType.F32);
            foreach (var type in new[] { DType.F16, DType.BF16 })
            {
                yield return (type, type);
                yield return (type, DType.F32); // a head's logits
                yield return (DType.F32, type);
            }
        }
    }

    private static DType Narrower(DType a, DType b) => a == DType.F32 ? b : a;

    private static float Rounded(float v, DType type) => type switch
    {
        DType.F16 => (float)(Half)v,
        DType.BF16 => BitConverter.Int32BitsToSingle((int)((BitConverter.SingleToUInt32Bits(v) + 0x7fff + (BitConverter.SingleToUInt32Bits(v) >> 16 & 1)) & 0xffff0000)),
        _ => v,
    };

    /// <summary>By kernel file, the tiles that take this shape: with tensor cores where the device has them, without, and with its channels gathered one by one.</summary>
    private IEnumerable<Conv2dTile[]> Tiles(Conv2dShape s, ConvPass pass, DType type)
    {
        foreach (bool cores in Cuda.HasTensorCores(type) ? new[] { true, false } : [false])
            yield return [.. CudaBackend.TilesOf(s, pass, type, cores).Union(Conv2dTile.All(pass == ConvPass.BackwardWeight, type, cores, vector: false))];
    }

    /// <summary>How a result is cut into tiles does not show in it.</summary>
    private static void SameBits(IReadOnlyList<Conv2dTile> tiles, Func<Conv2dTile, float[]> compute)
    {
        float[] first = compute(tiles[0]);
        foreach (var tile in tiles.Skip(1)) Assert.Equal(first, compute(tile));
    }

    /// <summary>Results in F32 differ by the order of a sum, others by half of their last digit as well.</summary>
    private float[] Near(float[] expected, Tensor actual, string what)
    {
        double tolerance = actual.Type switch { DType.BF16 => 1.0 / 256, DType.F16 => 1.0 / 2048, _ => 0 };
        float[] numbers = Values(Converted(actual, DType.F32));
        ConvolutionCase.Near(expected, numbers, what, tolerance + 1e-5);
        return numbers;
    }

    private Tensor Map(float[] values, Shape shape, DType type) => Converted(New(values, shape), type);

    private Tensor Converted(Tensor t, DType type)
    {
        if (t.Type == type) return t;
        var converted = Made(Tensor.Create(Backend, t.Shape, type));
        Backend.Copy(t, converted, accumulate: false);
        return converted;
    }

    private static float[] Nans(long count)
    {
        float[] values = new float[count];
        Array.Fill(values, float.NaN);
        return values;
    }
}
