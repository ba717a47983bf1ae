using NativeTrain.Core;
using NativeTrain.Nn;
using NativeTrain.Testing;
using NativeTrain.Vision.Data;
using NativeTrain.Vision.Models;
using Xunit;

namespace NativeTrain.Training.Tests;

/// <summary>Trainings that are cut off and go on.</summary>
public sealed class ResumeTests(TinySet set) : IClassFixture<TinySet>
{
    private sealed class Cut : Exception;

    /// <summary>Two micro-batches a step, three an epoch: gradients wait across the ends of epochs.</summary>
    private TrainOptions Options(string name, params string[] more) =>
        set.Options(["epochs=3", "nbs=8", "warmup_epochs=0", $"name={name}", .. more]);

    private string Run(string name) => Path.Combine(set.Folder, "runs", name);

    private TrainResult Resume(string name, ITrainingProgress? told = null, params string[] more) =>
        Trainer.Run(set.Backend, TrainOptions.Parse(Verb.Train, [$"resume={Run(name)}", .. more]), told);

    /// <summary>Trains until <paramref name="when"/>, which ends it as a kill would: whatever is not on the disk is lost.</summary>
    private void TrainUntil(Func<StepInfo, bool> when, TrainOptions options) =>
        Assert.Throws<Cut>(() => Trainer.Run(set.Backend, options, new Recorder { AtStep = s => { if (when(s)) throw new Cut(); } }));

    private static void Equal(string one, string other)
    {
        foreach (string file in new[] { "last.safetensors", "best.safetensors" })
            Assert.Equal(File.ReadAllBytes(Path.Combine(one, "weights", file)), File.ReadAllBytes(Path.Combine(other, "weights", file)));
        Assert.Equal(File.ReadAllText(Path.Combine(one, "args.yaml")), File.ReadAllText(Path.Combine(other, "args.yaml")).Replace(Path.GetFileName(other), Path.GetFileName(one)).Replace("workers: 2", "workers: 0"));
        Assert.Equal(WithoutTimes(one), WithoutTimes(other));

        static string WithoutTimes(string run) =>
            string.Join("\n", File.ReadLines(Path.Combine(run, "results.csv")).Select(l => string.Join(",", l.Split(',').Where((_, i) => i != 1))));
    }

    [Theory]
    [InlineData("auto")]
    [InlineData("SGD")]
    [InlineData("NAdam")]
    public void ATrainingThatWasCutOffTwiceEqualsTheUnbrokenOne(string optimizer)
    {
        string whole = $"whole-{optimizer}", broken = $"broken-{optimizer}";
        Trainer.Run(set.Backend, Options(whole, $"optimizer={optimizer}", "mixup=0.5"));
        TrainUntil(s => s is { Epoch: 1, Step: 2 }, Options(broken, $"optimizer={optimizer}", "mixup=0.5"));
        var told = new Recorder { AtStep = s => { if (s is { Epoch: 3, Step: 1 }) throw new Cut(); } };
        Assert.Throws<Cut>(() => Resume(broken, told));
        Assert.Equal((1, 2), (told.Steps[0].Epoch, told.Steps[0].Step)); // no epoch was done; the first step is saved
        told = new Recorder();
        Resume(broken, told, "workers=2");
        Assert.Equal((3, 1), (told.Steps[0].Epoch, told.Steps[0].Step));
        Assert.Contains(told.Messages, m => m.StartsWith("going on after epoch 2 from "));
        Equal(Run(whole), Run(broken));
    }

    [Theory]
    [InlineData("half", "amp=fp16", "box=2000", "cls=2000", "nbs=4", "multi_scale=0.5", "save_period=1")] // steps are skipped, the scale falls
    [InlineData("some", "freeze=5", "optimizer=RMSProp", "cos_lr=true", "warmup_epochs=2", "nbs=20", "close_mosaic=1", "copy_paste=0.5")]
    [InlineData("few", "fraction=0.8", "rect=true", "classes=0,1", "batch=3", "optimizer=RAdam", "val=false", "cache=ram")]
    public void SoItDoesUnderOtherOptions(string name, params string[] options)
    {
        Trainer.Run(set.Backend, Options($"{name}-whole", options));
        TrainUntil(s => s is { Epoch: 2, Step: 2 }, Options($"{name}-broken", options));
        var told = new Recorder();
        Resume($"{name}-broken", told, "workers=2");
        Assert.Equal((2, 1), (told.Steps[0].Epoch, told.Steps[0].Step));
        Equal(Run($"{name}-whole"), Run($"{name}-broken"));
    }

    [Fact]
    public void AClassifierWithDropoutGoesOnAsIfUnbroken()
    {
        string data = Path.Combine(set.Folder, "resumed-classes");
        ShapesGenerator.Write(data, 12, 4, 64, seed: 1, YoloTask.Classify);
        string[] options = ["model=yolo11n-cls.yaml", $"data={data}", "dropout=0.5", "erasing=1"];
        Trainer.Run(set.Backend, Options("cls-whole", options));
        TrainUntil(s => s is { Epoch: 3, Step: 1 }, Options("cls-broken", options));
        Resume("cls-broken");
        Equal(Run("cls-whole"), Run("cls-broken"));
    }

    [Fact]
    public void CutOffAfterTheLastEpochOnlyTheEndIsDone()
    {
        Trainer.Run(set.Backend, Options("to-the-end", "epochs=1"));
        var told = new Recorder { AtEpochEnd = _ => throw new Cut() };
        Assert.Throws<Cut>(() => Trainer.Run(set.Backend, Options("before-the-end", "epochs=1"), told));
        told = new Recorder();
        var result = Resume("before-the-end", told);
        Assert.Empty(told.Steps);
        Assert.NotNull(result.Validation);
        Equal(Run("to-the-end"), Run("before-the-end"));
    }

    /// <summary>Amid an epoch, also where gradients wait for their update; and at an epoch's last step, before its validation.</summary>
    [Theory]
    [InlineData("interrupted-amid", 2, 1, "nbs=4")]
    [InlineData("interrupted-waiting", 1, 1, "nbs=8", "mixup=0.5")]
    [InlineData("interrupted-last", 2, 3, "nbs=8", "amp=fp16")]
    public void AnInterruptedTrainingGoesOnAfterItsLastStep(string name, int epoch, int step, params string[] options)
    {
        using var cancel = new CancellationTokenSource();
        var told = new Recorder { AtStep = s => { if (s.Epoch == epoch && s.Step == step) cancel.Cancel(); } };
        var result = Trainer.Run(set.Backend, Options(name, options), told, cancel.Token);
        Assert.True(result.Interrupted);
        Assert.Equal((epoch, step), (told.Steps[^1].Epoch, told.Steps[^1].Step));
        Assert.Contains(told.Messages, m => m == $"interrupted at epoch {epoch}, after step {step}; go on with: train resume={result.Last}");
        Trainer.Run(set.Backend, Options($"not-{name}", options));
        told = new Recorder();
        Resume(name, told);
        Assert.Equal(step == 3 ? (epoch + 1, 1) : (epoch, step + 1), (told.Steps[0].Epoch, told.Steps[0].Step));
        Assert.Contains(told.Messages, m => m.StartsWith($"going on after epoch {epoch - 1}, step {step} from "));
        Equal(Run($"not-{name}"), Run(name));
    }

    [Fact]
    public void WithoutSaveAnInterruptKeepsTheWeightsButCannotBeResumed()
    {
        using var cancel = new CancellationTokenSource();
        var told = new Recorder { AtStep = s => { if (s is { Epoch: 2, Step: 2 }) cancel.Cancel(); } };
        var result = Trainer.Run(set.Backend, Options("unsaved", "save=false", "save_period=1"), told, cancel.Token);
        Assert.True(File.Exists(result.Last));
        Assert.False(File.Exists(Path.Combine(Run("unsaved"), "weights", "epoch1.safetensors"))); // they would not be those of the first epoch's end
        Assert.Contains(told.Messages, m => m.EndsWith("(save=false: there is nothing to resume from)"));
        var e = Assert.Throws<InputException>(() => Resume("unsaved"));
        Assert.Contains("holds weights only", e.Message);
    }

    [Fact]
    public void AnInterruptInTheFinalValidationCanBeResumed()
    {
        using var cancel = new CancellationTokenSource();
        var told = new Recorder { AtEpochEnd = e => { if (e.Epoch == 1) cancel.Cancel(); } };
        var result = Trainer.Run(set.Backend, Options("validated-later", "epochs=1"), told, cancel.Token);
        Assert.True(result.Interrupted);
        Assert.Contains($"interrupted in the last validation; go on with: train resume={result.Last}", told.Messages);
        Assert.NotNull(Resume("validated-later").Validation);
    }

    [Fact]
    public void TheEndCanBePutOff()
    {
        TrainUntil(s => s is { Epoch: 2, Step: 1 }, Options("longer", "epochs=2", "patience=5"));
        var told = new Recorder();
        var result = Resume("longer", told, "epochs=4", "patience=0");
        Assert.Equal((4, 9), (result.Epochs, told.Steps.Count));
        Assert.Equal(5, File.ReadLines(Path.Combine(result.Folder, "results.csv")).Count());
    }

    [Fact]
    public void MoreEpochsDoNotChangeTheOptimizerThatAutoChose()
    {
        TrainUntil(s => s is { Epoch: 2, Step: 1 }, Options("keeps", "epochs=2"));
        var told = new Recorder { AtStep = _ => throw new Cut() };
        Assert.Throws<Cut>(() => Resume("keeps", told, "epochs=20000"));
        Assert.StartsWith("AdamW", told.Start!.Optimizer);
    }

    [Fact]
    public void ResumeTrueTakesTheFileFromModel()
    {
        TrainUntil(s => s is { Epoch: 2, Step: 1 }, Options("true"));
        string last = Path.Combine(Run("true"), "weights", "last.safetensors");
        var told = new Recorder { AtStep = _ => throw new Cut() };
        Assert.Throws<Cut>(() => Trainer.Run(set.Backend, TrainOptions.Parse(Verb.Train, "resume=true", $"model={last}", $"data={set.Data}", "imgsz=64"), told));
        Assert.Equal(2, told.Steps[0].Epoch);
    }

    [Fact]
    public void LeftOversOfACutOffWriteAreRemoved()
    {
        TrainUntil(s => s is { Epoch: 2, Step: 1 }, Options("leftovers"));
        string left = Path.Combine(Run("leftovers"), "weights", "last.safetensors.1.0123.tmp");
        File.WriteAllText(left, "half a fi");
        Resume("leftovers");
        Assert.False(File.Exists(left));
    }

    [Fact]
    public void AFileOfResumingIsStillAFileOfWeights()
    {
        TrainUntil(s => s is { Epoch: 2, Step: 1 }, Options("weights", "save_period=1"));
        string weights = Path.Combine(Run("weights"), "weights");
        using var last = ModelSource.Load(set.Backend, Path.Combine(weights, "last.safetensors"));
        using var epoch = ModelSource.Load(set.Backend, Path.Combine(weights, "epoch1.safetensors"));
        foreach (var (a, b) in last.Model.NamedTensors().Zip(epoch.Model.NamedTensors()))
            Assert.Equal(set.Backend.ToFloats(a.Tensor), set.Backend.ToFloats(b.Tensor));
        Assert.False(Safetensors.Read(Path.Combine(weights, "best.safetensors")).TryGet("optimizer.steps", out _));
    }

    [Fact]
    public void TheBestWeightsNameTheFileToGoOnWith()
    {
        TrainUntil(s => s is { Epoch: 2, Step: 1 }, Options("best"));
        string best = Path.Combine(Run("best"), "weights", "best.safetensors"), last = Path.Combine(Run("best"), "weights", "last.safetensors");
        var e = Assert.Throws<InputException>(() => ResumeOptions.Complete(TrainOptions.Parse(Verb.Train, $"resume={best}")));
        Assert.Equal($"{best}: holds weights only; go on with the state beside it: train resume={last}", e.Message);
    }

    [Fact]
    public void AFinishedTrainingIsRefused()
    {
        var result = Trainer.Run(set.Backend, Options("finished", "epochs=1"));
        var e = Assert.Throws<InputException>(() => Resume("finished"));
        Assert.Equal($"{result.Last}: holds weights only, not the state of a training: it is finished, or was run with save=false. To train on from these weights: train model={result.Last}", e.Message);
    }

    [Fact]
    public void OtherDataIsRefused()
    {
        using var folder = new TemporaryFolder();
        ShapesGenerator.Write(folder.Path, 4, 2, 64, seed: 0);
        TrainUntil(s => s is { Epoch: 2, Step: 1 }, Options("other-data", $"data={folder.File("data.yaml")}"));
        File.AppendAllText(folder.File("labels/train/00001.txt"), "0 0.5 0.5 0.1 0.1\n");
        var e = Assert.Throws<InputException>(() => Resume("other-data"));
        Assert.Contains("not the data that the training began with: labels/train/00001.txt has ", e.Message);
        Assert.DoesNotContain('\n', e.Message);
    }

    [Theory]
    [InlineData("lr0: the training began with", "lr0=0.5")]
    [InlineData("batch=2: the training began with batch=4; on resuming only device, workers", "batch=2")]
    [InlineData("epochs=2: the training began with epochs=3; on resuming it can only be raised", "epochs=2")]
    [InlineData("patience=3: the training began with patience=100; on resuming it can only be raised", "patience=3")]
    [InlineData("name=elsewhere: the training began with name=refused", "name=elsewhere")]
    [InlineData("data=other.yaml: the training began with", "data=other.yaml")]
    [InlineData("model=yolo11s.yaml: the training began with model=yolo11n.yaml", "model=yolo11s.yaml")]
    public void OptionsThatContradictAreRefusedByName(string message, params string[] more)
    {
        if (!Directory.Exists(Run("refused"))) TrainUntil(s => s.Epoch == 2, Options("refused"));
        var e = Assert.Throws<InputException>(() => Resume("refused", null, more));
        Assert.StartsWith(message.Replace("lr0: ", "lr0=0.5: "), e.Message);
    }

    [Theory]
    [InlineData("resume=nowhere", "resume=nowhere: there is no nowhere")]
    [InlineData("resume=NativeTrain.Training.Tests.dll", "resume=NativeTrain.Training.Tests.dll: holds no state of a training; give RUN/weights/last.safetensors")]
    [InlineData("resume=true", "resume=true: which training? Give resume=RUN/weights/last.safetensors")]
    public void ATrainingThatIsNotThereIsSaid(string given, string message) =>
        Assert.Equal(message, Assert.Throws<InputException>(() => Trainer.Run(set.Backend, TrainOptions.Parse(Verb.Train, given))).Message);

    [Fact]
    public void AFileOutsideARunsFolderIsRefused()
    {
        TrainUntil(s => s is { Epoch: 2, Step: 1 }, Options("moved"));
        string copy = Path.Combine(set.Folder, "copy.safetensors");
        File.Copy(Path.Combine(Run("moved"), "weights", "last.safetensors"), copy);
        var e = Assert.Throws<InputException>(() => Trainer.Run(set.Backend, TrainOptions.Parse(Verb.Train, $"resume={copy}")));
        Assert.Equal($"{copy}: a training goes on in its own folder; give its RUN/weights/last.safetensors", e.Message);
    }

    [Fact]
    public void TimeEndsATraining()
    {
        var told = new Recorder();
        var result = Trainer.Run(set.Backend, Options("in-time", "epochs=500", "time=0.000001"), told);
        Assert.Equal((1, false), (result.Epochs, result.Interrupted));
        Assert.Contains("ended by time=1e-06 after epoch 1: another one would not fit", told.Messages);
        Assert.NotNull(result.Validation);
    }

    [Fact]
    public void AnEpochThatIsBegunIsEndedWhateverTheTime()
    {
        using var cancel = new CancellationTokenSource();
        var told = new Recorder { AtStep = s => { if (s is { Epoch: 2, Step: 1 }) cancel.Cancel(); } };
        Trainer.Run(set.Backend, Options("begun", "time=1"), told, cancel.Token);
        told = new Recorder();
        var result = Resume("begun", told, "time=0.000001");
        Assert.Equal([(2, 2), (2, 3)], told.Steps.Select(s => (s.Epoch, s.Step)));
        Assert.Equal(2, result.Epochs);
    }

    [Fact]
    public void WithoutAnyValidationSoFarTheTimeOfOneMoreEpochIsTaken()
    {
        TrainUntil(s => s is { Epoch: 2, Step: 1 }, Options("not-validated", "time=1", "val=false"));
        Assert.False(File.Exists(Path.Combine(Run("not-validated"), "weights", "best.safetensors")));
        var result = Resume("not-validated", null, "time=0.000001");
        Assert.Equal(2, result.Epochs);
        Assert.NotNull(result.Validation);
    }

    [Fact]
    public void AStateThatCannotBeReadLeavesTheResultsAsTheyAre()
    {
        TrainUntil(s => s is { Epoch: 2, Step: 1 }, Options("damaged"));
        string last = Path.Combine(Run("damaged"), "weights", "last.safetensors"), csv = Path.Combine(Run("damaged"), "results.csv");
        var file = Safetensors.Read(last);
        Safetensors.Write(last, file.Entries.Where(e => e.Name != "state.best_epoch"), file.Metadata);
        string before = File.ReadAllText(csv);
        Assert.Contains("has no tensor 'state.best_epoch'", Assert.Throws<InputException>(() => Resume("damaged")).Message);
        Assert.Equal(before, File.ReadAllText(csv));
    }

    [Fact]
    public void TimeTakesThePlaceOfEpochs()
    {
        var told = new Recorder { AtEpochEnd = e => { if (e.Epoch == 3) throw new Cut(); } };
        Assert.Throws<Cut>(() => Trainer.Run(set.Backend, Options("in-more-time", "epochs=1", "time=1"), told));
        Assert.True(told.Steps[^1].Epochs > 100);
    }

    [Fact]
    public void TimeBeforeTheCutCounts()
    {
        TrainUntil(s => s is { Epoch: 3, Step: 1 }, Options("half-time", "epochs=1", "time=1"));
        string csv = Path.Combine(Run("half-time"), "results.csv");
        double seconds = double.Parse(File.ReadLines(csv).Last().Split(',')[1]); // of two epochs
        var told = new Recorder { AtEpochEnd = e => { if (e.Epoch == 3) throw new Cut(); } };
        Assert.Throws<Cut>(() => Resume("half-time", told));
        Assert.True(told.Steps[0].Epochs > 100); // time=1 of the beginning holds, not epochs=1
        Assert.True(double.Parse(File.ReadLines(csv).Last().Split(',')[1]) > seconds);

        told = new Recorder();
        var result = Resume("half-time", told, FormattableString.Invariant($"time={1.2 * seconds / 3600:F9}"));
        Assert.Empty(told.Steps); // three epochs are done, and the time of two and a bit is over
        Assert.Equal(3, result.Epochs);
    }
}
