using NativeTrain.Core;
using Xunit;

namespace NativeTrain.Training.Tests;

/// <summary>The pictures of a training's first steps: drawn once the step is done, and in every run that made one.</summary>
public sealed class StepPicturesTests(TinySet set) : IClassFixture<TinySet>
{
    private string Run(string name) => Path.Combine(set.Folder, "runs", name);

    private string[] Pictures(string name) => [.. Directory.GetFiles(Run(name), "*.*g").Select(f => Path.GetFileName(f)).Order(StringComparer.Ordinal)];

    [Fact]
    public void TheFirstStepDoesNotWaitForItsPictures()
    {
        using var cancel = new CancellationTokenSource();
        string[]? before = null;
        var told = new Recorder
        {
            AtStep = _ =>
            {
                before ??= Pictures("one-step");
                cancel.Cancel();
            },
        };
        Assert.True(Trainer.Run(set.Backend, set.Options("plots=true", "name=one-step"), told, cancel.Token).Interrupted);
        Assert.Single(told.Steps);
        Assert.Equal([], before!);
        Assert.Equal(["labels.png", "train_batch0.jpg"], Pictures("one-step"));
    }

    [Fact]
    public void ATrainingThatDivergesAtOnceLeavesWhatItSaw()
    {
        var e = Assert.Throws<InputException>(() => Trainer.Run(set.Backend, set.Options("plots=true", "name=diverges-at-once", "box=1e38", "cls=1e38")));
        Assert.Contains("diverged", e.Message);
        Assert.Contains("epoch 1, step 1", e.Message);
        Assert.Equal(["labels.png", "train_batch0.jpg"], Pictures("diverges-at-once"));
    }

    [Theory]
    [InlineData("labels.png")]
    [InlineData("train_batch1.jpg")]
    public void APictureThatCannotBeWrittenIsOneLine(string picture)
    {
        string name = $"no-{picture}";
        Directory.CreateDirectory(Path.Combine(Run(name), picture, "taken"));
        var e = Assert.Throws<InputException>(() => Trainer.Run(set.Backend, set.Options("plots=true", "exist_ok=true", $"name={name}")));
        Assert.Contains($"{picture}: is a folder", e.Message);
        Assert.DoesNotContain('\n', e.Message);
    }
}
