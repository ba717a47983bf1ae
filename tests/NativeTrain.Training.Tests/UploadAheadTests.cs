using NativeTrain.Vision.Data;
using Xunit;

namespace NativeTrain.Training.Tests;

/// <summary>Batches that are held back while they are uploaded: none is lost, none is kept.</summary>
public class UploadAheadTests
{
    private readonly List<string> log = [];

    [Fact]
    public void EveryBatchComesInItsTurnWhenTheNextIsThere()
    {
        using var meta = new NativeTrain.Core.MetaBackend();
        foreach (var batch in UploadAhead.Of(Batches(3), meta))
            using (batch)
                log.Add($"use {batch.N}");
        Assert.Equal(["make 1", "make 2", "use 1", "gone 1", "make 3", "use 2", "gone 2", "use 3", "gone 3"], log);
    }

    [Fact]
    public void ALoopThatIsLeftLeavesNothing()
    {
        using var meta = new NativeTrain.Core.MetaBackend();
        foreach (var batch in UploadAhead.Of(Batches(3), meta))
            using (batch)
                break;
        Assert.Equal(["make 1", "make 2", "gone 1", "gone 2"], log);
    }

    [Fact]
    public void WhereTheHostComputesNoBatchWaitsForTheNext()
    {
        using var cpu = new NativeTrain.Cpu.CpuBackend();
        foreach (var batch in UploadAhead.Of(Batches(2), cpu))
            using (batch)
                log.Add($"use {batch.N}");
        Assert.Equal(["make 1", "use 1", "gone 1", "make 2", "use 2", "gone 2"], log);
    }

    [Fact]
    public void NoBatchesAreNoBatches()
    {
        using var meta = new NativeTrain.Core.MetaBackend();
        Assert.Empty(UploadAhead.Of([], meta));
    }

    private IEnumerable<ImageBatch> Batches(int count)
    {
        for (int i = 1; i <= count; i++)
        {
            int n = i;
            log.Add($"make {n}");
            yield return new ClassifyBatch(new PixelBuffer(new byte[3 * n], () => log.Add($"gone {n}"))) { N = n, H = 1, W = 1, Samples = [], Classes = new int[n] };
        }
    }
}
