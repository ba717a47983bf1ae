using System.Numerics;
using NativeTrain.Vision.Images;

namespace NativeTrain.Vision.Data.Checking;

/// <summary>
/// A difference hash (N. Krawetz, 2013): the picture shrunk to 9×8 grey values, a bit for each pair of neighbours in a row,
/// set where the right one is brighter. Pictures that look alike, whatever their size, compression or brightness, differ in few bits.
/// </summary>
public static class PerceptualHash
{
    /// <summary>Pictures that differ in this many bits of 64 or fewer look nearly the same.</summary>
    public const int Near = 3;

    private const int Columns = 9, Lines = 8;

    public static ulong Of(RgbImage image)
    {
        ArgumentNullException.ThrowIfNull(image);
        byte[] small = new byte[Columns * Lines * 3];
        NativeImage.Resample(image.Pixels, image.Height, image.Width, 0, 0, image.Height, image.Width, small, Lines, Columns);
        ulong hash = 0;
        for (int y = 0; y < Lines; y++)
            for (int x = 0; x + 1 < Columns; x++)
                hash = hash << 1 | (Grey(y, x + 1) > Grey(y, x) ? 1UL : 0);
        return hash;

        // ITU-R BT.601 luma, in whole numbers.
        int Grey(int y, int x)
        {
            int at = (y * Columns + x) * 3;
            return 299 * small[at] + 587 * small[at + 1] + 114 * small[at + 2];
        }
    }

    /// <summary>
    /// All pairs of hashes that differ in <see cref="Near"/> bits or fewer, by index. Two such hashes agree in one of four
    /// 16-bit quarters at least, so only hashes that share a quarter are compared.
    /// </summary>
    public static IEnumerable<(int A, int B)> NearPairs(IReadOnlyList<ulong> hashes)
    {
        ArgumentNullException.ThrowIfNull(hashes);
        var seen = new HashSet<(int, int)>();
        for (int quarter = 0; quarter < Near + 1; quarter++)
            foreach (var group in Enumerable.Range(0, hashes.Count).GroupBy(i => (ushort)(hashes[i] >> (16 * quarter))))
            {
                int[] members = [.. group];
                for (int a = 0; a < members.Length; a++)
                    for (int b = a + 1; b < members.Length; b++)
                        if (BitOperations.PopCount(hashes[members[a]] ^ hashes[members[b]]) <= Near && seen.Add((members[a], members[b])))
                            yield return (members[a], members[b]);
            }
    }
}
