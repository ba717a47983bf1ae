using System.Runtime.InteropServices;
using Xunit;

namespace NativeTrain.Core.Tests.Ops;

/// <summary>Conversions between float and the 16-bit types, by the vector instructions and by the formulas.</summary>
public sealed class CastTests : OpTest
{
    /// <summary>One number a pixel of a slice is converted by the formula; dense rows by vector instructions.</summary>
    [Theory, InlineData(false), InlineData(true)]
    public void EveryHalfBecomesItsFloatAndComesBack(bool slice)
    {
        ushort[] halves = [.. Enumerable.Range(0, 65536).Select(i => (ushort)i)];
        var x = Sixteen(halves, DType.F16, slice);
        var y = Blank(new Shape(65536, 1));
        Backend.Copy(x, y, accumulate: false);
        float[] floats = Values(y);
        for (int i = 0; i < floats.Length; i++)
            Assert.Equal((float)BitConverter.UInt16BitsToHalf((ushort)i), floats[i]);

        ushort[] back = Narrow(floats, DType.F16, slice);
        for (int i = 0; i < back.Length; i++)
            if (!float.IsNaN(floats[i])) Assert.Equal(halves[i], back[i]);
            else Assert.True(Half.IsNaN(BitConverter.UInt16BitsToHalf(back[i])));
    }

    [Theory, InlineData(false), InlineData(true)]
    public void AFloatBecomesTheNearestHalf(bool slice)
    {
        float[] floats = Floats();
        ushort[] halves = Narrow(floats, DType.F16, slice);
        for (int i = 0; i < floats.Length; i++)
            Assert.Equal((Half)floats[i], BitConverter.UInt16BitsToHalf(halves[i]));
    }

    [Theory, InlineData(false), InlineData(true)]
    public void AFloatBecomesTheNearestBfloat16(bool slice)
    {
        float[] floats = Floats();
        ushort[] bits = Narrow(floats, DType.BF16, slice);
        for (int i = 0; i < floats.Length; i++)
        {
            if (float.IsNaN(floats[i]))
            {
                Assert.True(float.IsNaN(Float(bits[i])));
                continue;
            }
            // The two candidates: the upper half as it is, and the next one away from zero.
            uint down = BitConverter.SingleToUInt32Bits(floats[i]) >> 16, up = down + 1;
            double below = Math.Abs((double)floats[i] - Float(down)), above = Math.Abs((double)floats[i] - Limit(up));
            uint expected = below < above || (below == above && down % 2 == 0) || float.IsInfinity(floats[i]) ? down : up;
            Assert.Equal(expected, bits[i]);
        }

        static float Float(uint bits) => BitConverter.UInt32BitsToSingle(bits << 16);
        // What comes after the largest number, as rounding sees it: 2^128.
        static double Limit(uint bits) => float.IsInfinity(Float(bits)) ? Math.ScaleB(1, 128) * Math.Sign(Float(bits)) : Float(bits);
    }

    [Fact]
    public void GradientsAreAddedInTheMapsType()
    {
        ushort one = BitConverter.HalfToUInt16Bits((Half)1);
        var sum = Sixteen([one, one, one], DType.F16, slice: false);
        Backend.Copy(New([0.25f, 1f / 4096, 3], new Shape(3, 1)), sum, accumulate: true);
        Half[] expected = [(Half)1.25, (Half)1, (Half)4]; // 1 + 2⁻¹² is rounded to 1
        Assert.Equal(expected, BitsOf(sum).Select(BitConverter.UInt16BitsToHalf));
    }

    /// <summary>Every exponent, random fractions and those next to a tie of either type; subnormal, infinite, no number.</summary>
    private static float[] Floats()
    {
        var random = new Random(5);
        var all = new List<float> { float.NaN, float.PositiveInfinity, float.NegativeInfinity, 65504, 65519.996f, 65520, float.MaxValue, float.Epsilon, -0f };
        for (uint exponent = 0; exponent < 255; exponent++)
            foreach (uint fraction in (uint[])[0, 0x8000, 0x7fff, 0x8001, 0x18000, 0x1000, 0x3000, 0x0fff, 0x1001, 0x7fffff, 0x7f8000, 0x7ff000, .. Enumerable.Range(0, 40).Select(_ => (uint)random.Next(1 << 23))])
                all.Add(BitConverter.UInt32BitsToSingle((exponent << 23) | fraction | (random.Next(2) == 1 ? 0x80000000 : 0)));
        return [.. all];
    }

    private ushort[] Narrow(float[] floats, DType type, bool slice)
    {
        var y = Sixteen(new ushort[floats.Length], type, slice);
        Backend.Copy(New(floats, new Shape(floats.Length, 1), slice), y, accumulate: false);
        var source = y.Whole ?? y;
        ushort[] all = BitsOf(source);
        return [.. Enumerable.Range(0, floats.Length).Select(i => all[i * y.Ld + y.Offset])];
    }

    private ushort[] BitsOf(Tensor dense)
    {
        ushort[] bits = new ushort[dense.Count];
        Backend.Download(dense, MemoryMarshal.AsBytes(bits.AsSpan()));
        return bits;
    }

    /// <summary>[n, 1] of these bits, or the middle one of three channels that hold them.</summary>
    private Tensor Sixteen(ushort[] bits, DType type, bool slice)
    {
        int channels = slice ? 3 : 1;
        var t = Made(Tensor.Create(Backend, new Shape(bits.Length, channels), type));
        ushort[] all = [.. bits.SelectMany(b => Enumerable.Repeat(b, channels))];
        Backend.Upload(MemoryMarshal.AsBytes(all.AsSpan()), t);
        return slice ? t.Slice(1, 1) : t;
    }
}
