using System.Numerics;
using NativeTrain.Vision.Data;

namespace NativeTrain.Vision.Detect;

/// <summary>
/// A binary mask, one bit a pixel: [Height, Width], each row in whole 64-bit words (bit x mod 64 of word x / 64), the
/// bits past the width 0. Area and overlap are counts of bits, so they are exact and quick.
/// </summary>
public sealed class BitMask
{
    private const int WordBits = 64;
    private readonly ulong[] words;
    private readonly int stride; // words a row

    public BitMask(int height, int width)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(height, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(width, 1);
        (Height, Width) = (height, width);
        stride = (width + WordBits - 1) / WordBits;
        words = new ulong[checked(height * stride)];
    }

    public int Height { get; }
    public int Width { get; }

    /// <summary>Whether the pixel in row y, column x belongs to the mask.</summary>
    public bool this[int y, int x]
    {
        get => (words[Word(y, x)] >> (x % WordBits) & 1) != 0;
        set
        {
            ulong bit = 1UL << (x % WordBits);
            if (value) words[Word(y, x)] |= bit;
            else words[Word(y, x)] &= ~bit;
        }
    }

    /// <summary>The mask of all pixels whose byte is not 0; <paramref name="bytes"/> is [height, width], dense.</summary>
    public static BitMask FromBytes(ReadOnlySpan<byte> bytes, int height, int width) =>
        Where(bytes, height, width, static value => value != 0);

    /// <summary>The visible part of one instance of an overlap-encoded map [height, width] (<see cref="DetectionBatch.Masks"/>): the pixels that hold <paramref name="instance"/>.</summary>
    public static BitMask FromOverlap(ReadOnlySpan<int> map, int height, int width, int instance) =>
        Where(map, height, width, value => value == instance);

    /// <summary>The mask of a polygon x1 y1 x2 y2 … in pixels, as <see cref="PolygonRaster"/> fills it.</summary>
    public static BitMask FromPolygon(ReadOnlySpan<float> polygon, int height, int width)
    {
        var mask = new BitMask(height, width);
        var runs = new List<MaskRun>();
        new PolygonRaster().Fill(polygon, height, width, cell: 1, runs);
        foreach (var run in runs) mask.SetRun(run.Row, run.Start, run.End);
        return mask;
    }

    private static BitMask Where<T>(ReadOnlySpan<T> values, int height, int width, Func<T, bool> inside)
    {
        if (values.Length != (long)height * width) throw new ArgumentException($"{values.Length} values are not {height}×{width}", nameof(values));
        var mask = new BitMask(height, width);
        for (int y = 0; y < height; y++)
        {
            var row = values.Slice(y * width, width);
            var to = mask.Row(y);
            for (int x = 0; x < width; x++)
                if (inside(row[x]))
                    to[x / WordBits] |= 1UL << (x % WordBits);
        }
        return mask;
    }

    /// <summary>Sets the pixels x1 ≤ x &lt; x2 of row y; parts outside the mask are left out.</summary>
    public void SetRun(int y, int x1, int x2)
    {
        if (y < 0 || y >= Height) return;
        (x1, x2) = (Math.Max(x1, 0), Math.Min(x2, Width));
        var row = Row(y);
        for (int x = x1; x < x2;)
        {
            // All of this word's bits from x on, up to x2 or to the word's end.
            int end = Math.Min(x2, (x / WordBits + 1) * WordBits);
            row[x / WordBits] |= ulong.MaxValue >> (WordBits - (end - x)) << (x % WordBits);
            x = end;
        }
    }

    /// <summary>Pixels in the mask.</summary>
    public int Area
    {
        get
        {
            int area = 0;
            foreach (ulong word in words) area += BitOperations.PopCount(word);
            return area;
        }
    }

    /// <summary>Pixels in both masks, which must be of one size.</summary>
    public int Intersection(BitMask other)
    {
        ArgumentNullException.ThrowIfNull(other);
        if (other.Height != Height || other.Width != Width)
            throw new ArgumentException($"masks of {Height}×{Width} and {other.Height}×{other.Width} pixels cannot be compared", nameof(other));
        int common = 0;
        for (int i = 0; i < words.Length; i++) common += BitOperations.PopCount(words[i] & other.words[i]);
        return common;
    }

    /// <summary>Intersection over union, 0…1; 0 of two empty masks.</summary>
    public float Iou(BitMask other) => Iou(Intersection(other), Area, other.Area);

    internal static float Iou(int intersection, int areaA, int areaB) =>
        intersection == 0 ? 0 : (float)((double)intersection / ((long)areaA + areaB - intersection));

    private Span<ulong> Row(int y) => words.AsSpan(y * stride, stride);

    private int Word(int y, int x) => (uint)y < (uint)Height && (uint)x < (uint)Width
        ? y * stride + x / WordBits
        : throw new ArgumentOutOfRangeException(nameof(x), $"({y}, {x}) lies outside {Height}×{Width} pixels");
}
