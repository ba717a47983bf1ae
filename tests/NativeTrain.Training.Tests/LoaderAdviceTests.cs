using NativeTrain.Vision.Data;
using Xunit;

namespace NativeTrain.Training.Tests;

public sealed class LoaderAdviceTests
{
    private const long MiB = 1 << 20;

    private static LoaderSettings Settings(int workers = 1, CacheMode cache = CacheMode.None, long pixels = 312 * MiB, long free = 8000 * MiB) =>
        new(workers, 2, cache, pixels, 100 * MiB, free);

    [Theory]
    [InlineData(1, CacheMode.None, 312, 8000, "loading takes 62 % of the epoch: try cache=ram (needs 312 MB) or workers=2")]
    [InlineData(2, CacheMode.None, 312, 8000, "loading takes 62 % of the epoch: try cache=ram (needs 312 MB)")]
    [InlineData(2, CacheMode.None, 312, 400, "loading takes 62 % of the epoch: try cache=disk (needs 312 MB on the disk)")]
    [InlineData(0, CacheMode.Ram, 312, 8000, "loading takes 62 % of the epoch: try workers=2")]
    [InlineData(0, CacheMode.Disk, 312, 8000, "loading takes 62 % of the epoch: try workers=2")]
    [InlineData(1, CacheMode.None, 90, 8000, "loading takes 62 % of the epoch: try workers=2")]        // all of it is kept anyway
    public void TheCureIsWhatIsMissing(int workers, CacheMode cache, int pixels, int free, string line) =>
        Assert.Equal(line, new LoaderAdvice(Settings(workers, cache, pixels * MiB, free * MiB)).After(0.621));

    [Fact]
    public void WhereNothingIsMissingItSaysSo() =>
        Assert.Contains("every core loads", new LoaderAdvice(Settings(2, CacheMode.Ram)).After(0.5));

    [Fact]
    public void ItIsToldOnceAndOnlyWhereItMatters()
    {
        var advice = new LoaderAdvice(Settings());
        Assert.Null(advice.After(0.15));
        Assert.NotNull(advice.After(0.3));
        Assert.Null(advice.After(0.9));
    }

    [Fact]
    public void ASetKnowsTheBytesOfItsPixels()
    {
        using var set = new TinySet();
        using var images = DetectionDataset.Open(DataYaml.Load(set.Data), "train", 32);
        Assert.Equal(TinySet.TrainImages * 32 * 32 * 3, images.PixelBytes);
        Assert.Equal(images.PixelBytes, LoaderSettings.Of(set.Options("cache=disk"), images).PixelBytes);
        Assert.Equal(CacheMode.Disk, LoaderSettings.Of(set.Options("cache=disk"), images).Cache);
    }
}
