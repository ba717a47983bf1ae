using NativeTrain.Core;
using NativeTrain.Testing;
using NativeTrain.Vision.Data;
using Xunit;

namespace NativeTrain.Vision.Tests;

public sealed class ClassifyLoaderTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    private static List<(byte[] Images, int[] Classes, string[] Paths)> Drain(IEnumerable<ImageBatch> batches)
    {
        var seen = new List<(byte[], int[], string[])>();
        foreach (ClassifyBatch batch in batches)
            using (batch)
                seen.Add((batch.Images.ToArray(), batch.Classes, [.. batch.Samples.Select(s => s.Path)]));
        return seen;
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void WorkersChangeNoByte(int workers)
    {
        using var set = ClassifyDataset.Open(ClassifySet.Write(folder), "train");
        using var alone = new ClassifyTrainLoader(set, 5, 32, new ClassifyAugmentOptions(), 0, seed: 3);
        using var many = new ClassifyTrainLoader(set, 5, 32, new ClassifyAugmentOptions(), workers, seed: 3);
        for (int epoch = 0; epoch < 3; epoch++)
            Assert.Equivalent(Drain(alone.Epoch(epoch, true)), Drain(many.Epoch(epoch, false)), strict: true);

        using var calm = new ClassifyValLoader(set, 5, 32, 1, 0);
        using var busy = new ClassifyValLoader(set, 5, 32, 1, workers);
        Assert.Equivalent(Drain(calm.All()), Drain(busy.All()), strict: true);
    }

    [Fact]
    public void AnEpochHasEachPictureOnceWithItsClassInAnOrderOfItsOwn()
    {
        using var set = ClassifyDataset.Open(ClassifySet.Write(folder), "train");
        using var loader = new ClassifyTrainLoader(set, 5, 32, new ClassifyAugmentOptions(), 2, seed: 0);
        var first = Drain(loader.Epoch(0, true));
        Assert.Equal([5, 5, 2], first.Select(b => b.Classes.Length));
        Assert.Equal(loader.BatchesPerEpoch, first.Count);
        Assert.All(first, b => Assert.Equal(b.Classes.Length * 32 * 32 * 3, b.Images.Length));
        Assert.All(first, b => Assert.Equal(b.Paths.Select(p => set.Images.Single(i => i.Path == p).Class), b.Classes));
        var paths = first.SelectMany(b => b.Paths).ToList();
        Assert.Equal(set.Images.Select(i => i.Path), paths.Order(StringComparer.Ordinal));
        Assert.NotEqual(paths, Drain(loader.Epoch(1, true)).SelectMany(b => b.Paths));
        Assert.Equivalent(first, Drain(loader.Epoch(0, true)), strict: true);

        using var other = new ClassifyTrainLoader(set, 5, 32, new ClassifyAugmentOptions(), 0, seed: 1);
        Assert.NotEqual(paths, Drain(other.Epoch(0, true)).SelectMany(b => b.Paths));
    }

    [Fact]
    public void ASampleIsAnotherOneInAnotherEpoch()
    {
        using var set = ClassifyDataset.Open(ClassifySet.Write(folder, 1, "only"), "train");
        using var loader = new ClassifyTrainLoader(set, 1, 32, new ClassifyAugmentOptions(), 0, seed: 0);
        Assert.NotEqual(Drain(loader.Epoch(0, true))[0].Images, Drain(loader.Epoch(1, true))[0].Images);
    }

    [Fact]
    public void ValidationKeepsTheSetsOrder()
    {
        using var set = ClassifyDataset.Open(ClassifySet.Write(folder), "val");
        using var loader = new ClassifyValLoader(set, 4, 32, 1, 2);
        var seen = Drain(loader.All());
        Assert.Equal(set.Images.Select(i => i.Path), seen.SelectMany(b => b.Paths));
        Assert.Equal(set.Images.Select(i => i.Class), seen.SelectMany(b => b.Classes));
        Assert.Equal((2, (32, 32)), (loader.Batches, loader.Shapes[1]));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(2)]
    public void APictureThatVanishesIsReportedToTheConsumer(int workers)
    {
        using var set = ClassifyDataset.Open(ClassifySet.Write(folder), "train", new CacheOptions { KeepBytes = 0 });
        File.Delete(set.Images[5].Path);
        using var loader = new ClassifyTrainLoader(set, 3, 32, new ClassifyAugmentOptions(), workers, seed: 0);
        Assert.Contains(set.Images[5].Path, Assert.Throws<InputException>(() => Drain(loader.Epoch(0, true))).Message);
    }

    [Fact]
    public void ABatchBeyondAnArraysSizeIsOneClearLine()
    {
        using var set = ClassifyDataset.Open(ClassifySet.Write(folder), "train");
        foreach (var make in new Action[]
        {
            () => new ClassifyTrainLoader(set, 12, 8192, new ClassifyAugmentOptions(), 0, seed: 0).Dispose(),
            () => new ClassifyValLoader(set, 12, 8192, 1, 0).Dispose(),
        })
            Assert.Equal("12 images at imgsz=8192 take more than 2 GB of pixels; lower batch or imgsz", Assert.Throws<InputException>(make).Message);
    }
}
