using NativeTrain.Core;
using NativeTrain.Vision.Detect;

namespace NativeTrain.Vision.Data.Converting;

/// <summary>
/// COCO's run-length masks: runs of pixels outside and inside in turn, the first outside, column after column from the top
/// down. Compressed, the runs are a text: each number in groups of five bits, lowest first, a character '0' + group (+ 32 where
/// more follow; bit 16 of the last is the sign), from the fourth on as the difference to the one before the last.
/// </summary>
public static class RunLengthMask
{
    private const int MostGroups = 7; // 35 bits: more than any run needs

    /// <summary>The mask of runs that cover height·width pixels.</summary>
    /// <exception cref="FormatException">They do not.</exception>
    public static BitMask FromRuns(IReadOnlyList<long> runs, int height, int width)
    {
        ArgumentNullException.ThrowIfNull(runs);
        long pixels = (long)height * width, at = 0;
        if (runs.Any(r => r < 0 || r > pixels) || runs.Sum() != pixels) throw new FormatException($"the runs do not cover {height}×{width} pixels");
        var mask = new BitMask(height, width);
        for (int i = 0; i < runs.Count; at += runs[i], i++)
            for (long p = at; i % 2 == 1 && p < at + runs[i]; p++)
                mask[(int)(p % height), (int)(p / height)] = true;
        return mask;
    }

    /// <summary>The runs of a compressed mask.</summary>
    /// <exception cref="FormatException">The text is cut short or holds other characters.</exception>
    public static IReadOnlyList<long> Decompress(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var runs = new List<long>();
        for (int at = 0; at < text.Length;)
        {
            long value = 0;
            int shift = 0, group;
            do
            {
                group = at < text.Length ? text[at++] - '0' : -1;
                if (group is < 0 or > 63 || shift == 5 * MostGroups) throw new FormatException("the compressed runs are damaged");
                value |= (long)(group & 31) << shift;
                shift += 5;
            }
            while ((group & 32) != 0);
            if ((group & 16) != 0) value -= 1L << shift;
            runs.Add(runs.Count > 2 ? value + runs[^2] : value);
        }
        return runs;
    }
}
