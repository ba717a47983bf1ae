using Xunit;

namespace NativeTrain.Core.Tests.Ops;

/// <summary>
/// What processes that train together compute of their parts of a batch comes to what one computes of the whole: here the parts are
/// computed one after another, and the test carries the sums.
/// </summary>
public sealed class RanksTests : OpTest
{
    private const float Eps = 1e-3f, Momentum = 0.03f;

    /// <summary>Images of each rank of a batch of three: one has none and computes an image that counts for nothing.</summary>
    private static readonly (int First, int Images)[] Parts = [(0, 2), (0, 0), (2, 1)];

    /// <summary>h, w, c.</summary>
    public static TheoryData<int, int, int> Sizes => new() { { 1, 1, 1 }, { 3, 5, 3 }, { 7, 1, 17 }, { 9, 11, 64 } };

    private static float[] Images(float[] all, int first, int images) => all.AsSpan(first * (all.Length / 3), images * (all.Length / 3)).ToArray();

    [Theory, MemberData(nameof(Sizes))]
    public void StatisticsOfPartsCombineToThoseOfTheWhole(int h, int w, int c)
    {
        var vector = new Shape(c);
        float[] x = Random(3L * h * w * c, 1, 3, 10), parts = new float[3 * (2 * c + 1)];
        for (int r = 0; r < 3; r++)
        {
            int images = Math.Max(1, Parts[r].Images);
            Tensor mean = Blank(vector), invStd = Blank(vector), own = New(new float[c], vector), variance = New(new float[c], vector);
            Backend.BatchNormStatistics(New(Images(x, Parts[r].First, images), new Shape(images, h, w, c)), Eps, 1, mean, invStd, own, variance);
            float[] part = [.. Values(own), .. Values(variance), Parts[r].Images * h * w];
            part.CopyTo(parts, r * part.Length);
        }
        float[] running = Random(c, 2, 1), runningVar = Random(c, 3, 0.5f, 1);
        Tensor[] whole = [Blank(vector), Blank(vector), New(running, vector), New(runningVar, vector)];
        Tensor[] combined = [Blank(vector), Blank(vector), New(running, vector), New(runningVar, vector)];
        Backend.BatchNormStatistics(New(x, new Shape(3, h, w, c)), Eps, Momentum, whole[0], whole[1], whole[2], whole[3]);
        Backend.BatchNormCombine(New(parts, new Shape(3, 2 * c + 1)), 3, Eps, Momentum, combined[0], combined[1], combined[2], combined[3]);
        for (int i = 0; i < 4; i++) AssertClose([.. Values(whole[i]).Select(v => (double)v)], Values(combined[i]), 2e-5);
    }

    [Theory, MemberData(nameof(Sizes))]
    public void GradientsOfPartsAreThoseOfTheWhole(int h, int w, int c)
    {
        foreach (bool inPlace in new[] { false, true }) GradientsOfParts(h, w, c, inPlace);
    }

    /// <param name="inPlace">Whether dx is written over dy, in both halves.</param>
    private void GradientsOfParts(int h, int w, int c, bool inPlace)
    {
        var vector = new Shape(c);
        var shape = new Shape(3, h, w, c);
        float[] x = Random(shape.Count, 1), dy = Random(shape.Count, 2);
        Tensor mean = New(Random(c, 3), vector), invStd = New(Random(c, 4, 0.5f, 1), vector), gamma = New(Random(c, 5), vector), beta = New(Random(c, 6), vector);
        Tensor dx = Blank(shape), dgamma = New(new float[c], vector), dbeta = New(new float[c], vector);
        Backend.BatchNormActBackward(New(x, shape), mean, invStd, gamma, beta, true, New(dy, shape), null, 0, dx, dgamma, dbeta);

        Tensor partGamma = New(new float[c], vector), partBeta = New(new float[c], vector);
        float[] sums = new float[2 * c];
        var ranks = Parts.Where(p => p.Images > 0).Select(p =>
        {
            var part = new Shape(p.Images, h, w, c);
            Tensor px = New(Images(x, p.First, p.Images), part), pdy = New(Images(dy, p.First, p.Images), part, slice: !inPlace), pdx = inPlace ? pdy : Blank(part), own = Blank(new Shape(2, c));
            Backend.BatchNormActBackwardSums(px, mean, invStd, gamma, beta, true, pdy, null, 0, pdx, partGamma, partBeta, own);
            float[] values = Values(own);
            for (int i = 0; i < sums.Length; i++) sums[i] += values[i];
            return (px, pdy, pdx);
        }).ToList();
        var all = New(sums, new Shape(2, c));
        foreach (var (px, pdy, pdx) in ranks) Backend.BatchNormActBackwardData(px, mean, invStd, gamma, beta, true, pdy, null, 0, all, shape.Rows, pdx);

        AssertClose([.. Values(dx).Select(v => (double)v)], [.. ranks.SelectMany(r => Values(r.pdx))], 2e-5);
        AssertClose([.. Values(dgamma).Select(v => (double)v)], Values(partGamma), 2e-5);
        AssertClose([.. Values(dbeta).Select(v => (double)v)], Values(partBeta), 2e-5);
    }

    [Fact]
    public void LossesAreDividedByTheSumOverAllParts()
    {
        const int cells = 700;
        float[] rows = Random(7 * cells, 1, 1);
        double score = 0;
        int positives = 0;
        for (int i = 0; i < cells; i++)
        {
            rows[7 * i + 5] = i % 3 - 1; // class −1 learns nothing
            if (i % 3 == 0) rows[7 * i + 4] = 0;
            score += rows[7 * i + 4];
            positives += i % 3 > 0 ? 1 : 0;
        }
        var sums = Blank(new Shape(1, 2));
        Backend.LossNormalizers(New(rows, new Shape(2, cells / 2, 7)), sums);
        AssertClose([score, positives], Values(sums), 1e-5);

        var shares = Blank(new Shape(1, 2));
        Backend.NormalizerShares(New([0.25f, 0, 5, 3, 0, 1], new Shape(3, 2)), 3, 1, shares);
        AssertClose([5 / 5.25, 3 / 4.0], Values(shares));
        Backend.NormalizerShares(New([0.25f, 0, 0.5f, 0, 0, 0], new Shape(3, 2)), 3, 0, shares); // each sum counts as at least 1
        AssertClose([1, 1], Values(shares));
    }
}
