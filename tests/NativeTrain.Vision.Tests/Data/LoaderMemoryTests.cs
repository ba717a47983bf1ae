using System.Runtime.InteropServices;
using NativeTrain.Core;
using NativeTrain.Testing;
using NativeTrain.Vision.Data;
using Xunit;

namespace NativeTrain.Vision.Tests;

/// <summary>The buffers of loaders' batches lie outside the collector's heap: every one is freed, also that of a batch which cannot be made.</summary>
public sealed class LoaderMemoryTests : IDisposable
{
    private const int Size = 32;

    private static readonly CacheOptions Uncached = new() { KeepBytes = 0 };

    private readonly TemporaryFolder folder = new();
    private int blocks;

    public void Dispose() => folder.Dispose();

    /// <summary>Memory that is counted as long as it lives.</summary>
    private unsafe HostBlock Counted(int bytes)
    {
        Interlocked.Increment(ref blocks);
        return new HostBlock((nint)NativeMemory.Alloc((nuint)bytes), bytes, p =>
        {
            NativeMemory.Free((void*)p);
            Interlocked.Decrement(ref blocks);
        });
    }

    private DetectionDataset Objects() =>
        DetectionDataset.Open(TestPictures.WriteSet(folder, Enumerable.Range(0, 6).Select(i => (TestPictures.Noise(Size, Size, i), "0 0.5 0.5 0.4 0.4\n"))), "train", Size, Uncached);

    private ClassifyDataset Classes() => ClassifyDataset.Open(ClassifySet.Write(folder, 6, "cat"), "train", Uncached);

    /// <summary>Takes all batches, of which one cannot be made: a picture of it is gone.</summary>
    private void TakeAll(IDisposable loader, IEnumerable<ImageBatch> batches, string picture)
    {
        File.Delete(picture);
        using (loader)
            Assert.Throws<InputException>(() =>
            {
                foreach (var batch in batches) batch.Dispose();
            });
        Assert.Equal(0, blocks);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(2)]
    public void OfADetectorsTraining(int workers)
    {
        var set = Objects();
        var loader = new TrainLoader(set, 2, Size, AugmentOptions.None, workers, seed: 0, memory: Counted);
        TakeAll(loader, OneEpoch(loader), set.Labels[3].Path);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(2)]
    public void OfADetectorsValidation(int workers)
    {
        var set = Objects();
        var loader = new ValLoader(set, 2, Size, rect: false, workers, Counted);
        TakeAll(loader, OnePass(loader), set.Labels[5].Path);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(2)]
    public void OfAClassifiersTraining(int workers)
    {
        var set = Classes();
        var loader = new ClassifyTrainLoader(set, 2, Size, ClassifyAugmentOptions.None, workers, seed: 0, Counted);
        TakeAll(loader, OneEpoch(loader), set.Images[3].Path);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(2)]
    public void OfAClassifiersValidation(int workers)
    {
        var set = Classes();
        var loader = new ClassifyValLoader(set, 2, Size, 1, workers, Counted);
        TakeAll(loader, OnePass(loader), set.Images[5].Path);
    }

    // Threads begin where the first batch is asked for, when the picture is gone already.
    private static IEnumerable<ImageBatch> OneEpoch(ITrainLoader loader)
    {
        foreach (var batch in loader.Epoch(0, mosaic: false)) yield return batch;
    }

    private static IEnumerable<ImageBatch> OnePass(IValLoader loader)
    {
        foreach (var batch in loader.All()) yield return batch;
    }
}
