using Xunit;

namespace NativeTrain.Training.Tests;

/// <summary>cache= changes where pixels are kept, and no weight.</summary>
public sealed class CacheOptionTests(TinySet set) : IClassFixture<TinySet>
{
    [Fact]
    public void TheWeightsAreTheSameWithEveryCache()
    {
        string folder = Path.GetDirectoryName(set.Data)!;
        foreach (string earlier in Directory.GetFiles(folder, "*.pixels")) File.Delete(earlier);
        var plain = Trainer.Run(set.Backend, set.Options("name=plain"));
        foreach (string cache in new[] { "ram", "disk", "true" })
        {
            var told = new Recorder();
            var cached = Trainer.Run(set.Backend, set.Options($"cache={cache}", $"name={cache}"), told);
            Assert.Equal(File.ReadAllBytes(plain.Last), File.ReadAllBytes(cached.Last));
            Assert.Equal(File.ReadAllBytes(plain.Best), File.ReadAllBytes(cached.Best));

            string into = cache == "disk" ? $"{folder}/train-64.pixels" : "0.1 MiB of memory";
            Assert.StartsWith($"train: decoding {TinySet.TrainImages} images into {into}", told.Messages[0]);
            Assert.Contains(told.Messages, m => m.StartsWith($"val: decoding {TinySet.ValImages} images into ", StringComparison.Ordinal));
        }
    }

    [Fact]
    public void ValTakesTheCacheOfTheTraining()
    {
        var run = Trainer.Run(set.Backend, set.Options("epochs=1", "cache=disk", "name=once"));
        var told = new Recorder();
        Validator.Run(set.Backend, TrainOptions.Parse(Verb.Val, $"model={run.Best}", $"data={set.Data}", "cache=disk", "workers=0", "plots=false", $"project={set.Folder}"), told);
        Assert.DoesNotContain(told.Messages, m => m.Contains("decoding"));
        Assert.NotNull(told.Validated);
    }
}
