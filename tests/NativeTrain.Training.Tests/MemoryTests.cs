using NativeTrain.Testing;
using NativeTrain.Vision.Images;
using NativeTrain.Vision.Models;
using NativeTrain.Vision.Plots;
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

    /// <summary>A folder may hold more pictures than fit into memory.</summary>
    [Theory]
    [InlineData("save_json=true")]
    [InlineData("save_txt=true")]
    public void PredictForgetsAPictureOnceItHasBeenLookedAt(string option)
    {
        const int count = 8, bytes = 3 * 1000 * 1000;
        using var folder = new TemporaryFolder();
        string model = folder.File("untrained.safetensors");
        using (var detector = YoloModel.Create(set.Backend, YoloSpec.BuiltIn('n'), 4)) WeightsFile.Save(detector, model);
        for (int i = 0; i < count; i++) PictureFile.Write(folder.File($"{i}.png"), new RgbImage(1000, 1000));
        var live = new List<long>();
        PredictionRun.Run(set.Backend,
            TrainOptions.Parse(Verb.Predict, $"model={model}", $"source={folder.Path}", "imgsz=32", "conf=0.9", "save=false", option, $"project={folder.File("runs")}"),
            new Recorder { AtPicture = _ => live.Add(GC.GetTotalMemory(forceFullCollection: true)) });
        Assert.Equal(count, live.Count);
        Assert.True(live[^1] - live[1] < (count - 2) * bytes / 2, $"{live[1]} bytes after two pictures, {live[^1]} after {count}");
    }
}
