using NativeTrain.Vision.Data.Converting;
using Xunit;

namespace NativeTrain.Vision.Tests.Data.Converting;

public sealed class RunLengthMaskTests
{
    [Fact]
    public void RunsGoDownTheColumns()
    {
        // Of 2 rows and 3 columns: 1 out, 3 in, 2 out.
        var mask = RunLengthMask.FromRuns([1, 3, 2], 2, 3);
        Assert.Equal([false, true, false, true, true, false], from y in Enumerable.Range(0, 2) from x in Enumerable.Range(0, 3) select mask[y, x]);
    }

    [Theory]
    [InlineData(new long[] { 1, 3 })]
    [InlineData(new long[] { 7 })]
    [InlineData(new long[] { 8, -2 })]
    [InlineData(new long[] { long.MaxValue, long.MaxValue, 8 })]
    public void RunsThatDoNotFitAreRefused(long[] runs) => Assert.Throws<FormatException>(() => RunLengthMask.FromRuns(runs, 2, 3));

    /// <summary>Compressed by the format's rule, written here from its description, then read again.</summary>
    [Fact]
    public void CompressedRunsAreReadBack()
    {
        var random = new Random(4);
        for (int trial = 0; trial < 50; trial++)
        {
            long[] runs = [.. Enumerable.Range(0, random.Next(1, 40)).Select(_ => (long)random.Next(1 << random.Next(1, 24)))];
            Assert.Equal(runs, RunLengthMask.Decompress(Compress(runs)));
        }
    }

    /// <summary>An example by hand: 5, 17, 3 and 40 = 23 more than the one before the last.</summary>
    [Fact]
    public void TheFirstThreeAreThemselvesTheOthersDifferences()
    {
        // 5 → "5"; 17 = 10001b, whose sign bit is set, needs a second group: 17 + 32 = '0' + 49 = 'a', then '0'; 3 → "3";
        // 40 − 17 = 23 = 10111b likewise: '0' + 55 = 'g', '0'.
        Assert.Equal([5, 17, 3, 40], RunLengthMask.Decompress("5a03g0"));
        Assert.Equal([5, 17, 3, 16], RunLengthMask.Decompress("5a03O")); // −1 is one group of five ones
    }

    [Theory]
    [InlineData("5a")]
    [InlineData("5 ")]
    [InlineData("ooooooooooooooooooooo")]
    public void DamagedTextsAreRefused(string text) => Assert.Throws<FormatException>(() => RunLengthMask.Decompress(text));

    private static string Compress(long[] runs)
    {
        var text = new System.Text.StringBuilder();
        for (int i = 0; i < runs.Length; i++)
        {
            long x = i > 2 ? runs[i] - runs[i - 2] : runs[i];
            bool more;
            do
            {
                long group = x & 31;
                x >>= 5;
                more = (group & 16) != 0 ? x != -1 : x != 0;
                text.Append((char)('0' + group + (more ? 32 : 0)));
            }
            while (more);
        }
        return text.ToString();
    }
}
