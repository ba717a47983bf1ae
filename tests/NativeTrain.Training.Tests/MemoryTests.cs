using Xunit;

namespace NativeTrain.Training.Tests;

/// <summary>The process's own memory. These tests run after the others and alone: it is the whole process that is measured.</summary>
[CollectionDefinition(nameof(MemoryTests), DisableParallelization = true)]
[Collection(nameof(MemoryTests))]
public sealed class MemoryTests(TinySet set) : IClassFixture<TinySet>
{
    [Fact]
    public void ResidentMemoryDoesNotGrowOverTwentyEpochs()
    {
        var told = new Recorder();
        Trainer.Run(set.Backend, set.Options("epochs=20", "workers=2"), told);
        // The first epochs still compile code and fill the caches. A step's tensors at this size are some 10 MiB: kept by
        // mistake once an epoch they would show; the collector's own ups and downs must not.
        double early = Mean(5, 8), late = Mean(17, 20);
        Assert.True(late <= early + (48 << 20), $"from {early / (1 << 20):F0} to {late / (1 << 20):F0} MiB");

        double Mean(int first, int last) => told.Steps.Where(s => s.Epoch >= first && s.Epoch <= last).Average(s => (double)s.ResidentBytes);
    }
}
