using NativeTrain.Vision.Data;
using Xunit;

namespace NativeTrain.Vision.Tests.Data;

/// <summary>How processes share batches.</summary>
public class ShardTests
{
    [Theory]
    [InlineData(16, 4)]
    [InlineData(7, 3)]
    [InlineData(2, 4)]
    [InlineData(5, 1)]
    public void PartsOfABatchAreItsImagesEachOnce(int images, int ranks)
    {
        int[] all = [.. Enumerable.Range(100, images)];
        int[] counts = NativeTrain.Core.BatchShare.Divide(images, ranks);
        var parts = Enumerable.Range(0, ranks).Select(r => new Shard(r, ranks).Of(all)).ToList();
        Assert.Equal(all, parts.SelectMany((p, r) => counts[r] == 0 ? [] : p.ToArray()));
        Assert.All(parts.Zip(counts), p => Assert.Equal(Math.Max(1, p.Second), p.First.Count)); // who has none gets one that counts for nothing
        Assert.InRange(counts.Max() - counts.Min(), 0, 1);
        Assert.All(parts, p => Assert.True(p.Count <= new Shard(0, ranks).Most(images)));
    }

    [Theory]
    [InlineData(7, 3)]
    [InlineData(2, 4)]
    public void EveryBatchOfAValidationIsOneProcesses(int batches, int ranks)
    {
        var all = Enumerable.Range(0, ranks).Select(r => new Shard(r, ranks)).SelectMany(s => Enumerable.Range(0, s.Count(batches)).Select(s.Batch));
        Assert.Equal(Enumerable.Range(0, batches), all.Order());
    }

    /// <summary>What processes make of a batch are the rows of what one makes of it, pixels and targets alike.</summary>
    [Fact]
    public void PartsOfLoadedBatchesAreTheBatches()
    {
        using var folder = new NativeTrain.Testing.TemporaryFolder();
        ShapesGenerator.Write(folder.Path, 7, 1, 64, seed: 0);
        var set = DetectionDataset.Open(DataYaml.Load(folder.File("data.yaml")), "train", 64);
        using var whole = new TrainLoader(set, 3, 64, new AugmentOptions { Mixup = 0.5f }, 0, seed: 7, multiScale: 0.5);
        var parts = Enumerable.Range(0, 2).Select(r => new TrainLoader(set, 3, 64, new AugmentOptions { Mixup = 0.5f }, 1, seed: 7, multiScale: 0.5, shard: new Shard(r, 2))).ToList();
        var loaded = parts.Select(p => p.Epoch(1, true).ToList()).ToList();
        int i = 0;
        foreach (DetectionBatch batch in whole.Epoch(1, true))
        {
            using (batch)
            {
                int[] counts = NativeTrain.Core.BatchShare.Divide(batch.N, 2);
                var own = loaded.Select(l => (DetectionBatch)l[i]).Where((_, r) => counts[r] > 0).ToList();
                Assert.All(own, p => Assert.Equal((batch.N, batch.H, batch.W), (p.Whole, p.H, p.W)));
                Assert.Equal(batch.Images.ToArray(), own.SelectMany(p => p.Images.ToArray()));
                Assert.Equal(batch.Samples.Select(s => s.Path), own.SelectMany(p => p.Samples.Select(s => s.Path)));
                Assert.Equal(batch.TargetCount, own.Sum(p => p.TargetCount));
            }
            i++;
        }
        Assert.Equal(whole.BatchesPerEpoch, i);
        // An epoch that goes on begins with a later batch.
        var rest = whole.Epoch(1, true, first: 2).Select(b => { using (b) return b.Images.ToArray(); }).ToList();
        var all = whole.Epoch(1, true).Select(b => { using (b) return b.Images.ToArray(); }).ToList();
        Assert.Equal(all[2..], rest);
        foreach (var batch in loaded.SelectMany(l => l)) batch.Dispose();
        foreach (var loader in parts) loader.Dispose();
    }
}
