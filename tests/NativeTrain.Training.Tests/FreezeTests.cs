using NativeTrain.Core;
using NativeTrain.Nn;
using NativeTrain.Vision.Data;
using NativeTrain.Vision.Models;
using Xunit;

namespace NativeTrain.Training.Tests;

/// <summary>freeze=: which layers it means, that they stay, and that the walk back ends above them.</summary>
public sealed class FreezeTests(TinySet set) : IClassFixture<TinySet>
{
    [Theory]
    [InlineData("3", new[] { 0, 1, 2 })]
    [InlineData("0", new int[0])]
    [InlineData("[0,2,4]", new[] { 0, 2, 4 })]
    [InlineData("[0, 2]", new[] { 0, 2 })]
    [InlineData("0,2,4", new[] { 0, 2, 4 })]
    [InlineData("[7]", new[] { 7 })]
    [InlineData("[]", new int[0])]
    [InlineData("none", new int[0])]
    public void NumbersAndListsAreRead(string value, int[] layers) => Assert.Equal(layers, set.Options($"freeze={value}").Freeze);

    [Theory]
    [InlineData("abc")]
    [InlineData("[0,x]")]
    [InlineData("-1")]
    [InlineData("0,,2")]
    [InlineData("[1")]
    public void AnythingElseIsRefused(string value)
    {
        var e = Assert.Throws<InputException>(() => set.Options($"freeze={value}").Freeze);
        Assert.Equal($"freeze={value}: takes how many of the first layers to freeze (freeze=10) or a list of layers (freeze=[0,2,4])", e.Message);
    }

    [Theory]
    [InlineData("25", "freeze: yolo11n has no layer 24; its layers are 0 to 23")]
    [InlineData("24", "freeze: all layers of yolo11n are frozen; nothing is left to train")]
    public void LayersMustExistAndSomethingMustLearn(string value, string message)
    {
        using var model = YoloModel.Create(set.Backend, YoloSpec.BuiltIn('n'), 4);
        var e = Assert.Throws<InputException>(() => ModelSource.Prepare(model, set.Options($"freeze={value}"), new Recorder()));
        Assert.Equal(message, e.Message);
    }

    [Theory]
    [InlineData("10", "0 to 9")]
    [InlineData("[0,2,22]", "0, 2, 22")]
    public void FrozenWeightsStayAndTheOthersLearn(string value, string described)
    {
        var told = new Recorder();
        var options = set.Options($"freeze={value}", "epochs=1", "nbs=4", "optimizer=SGD", "warmup_epochs=0", "val=false");
        using var start = ModelSource.ForTraining(set.Backend, options, 4, new Recorder());
        var result = Trainer.Run(set.Backend, options, told);
        using var end = WeightsFile.Open(set.Backend, result.Last);

        var frozen = options.Freeze.Select(n => $"model.{n}.").ToList();
        bool Same(Parameter before, Parameter after) => set.Backend.ToFloats(before.Value).SequenceEqual(set.Backend.ToFloats(after.Value));
        var same = start.Parameters.Zip(end.Parameters).ToLookup(p => frozen.Any(f => p.First.Name.StartsWith(f, StringComparison.Ordinal)), p => Same(p.First, p.Second));
        Assert.All(same[true], Assert.True);
        // Where no box was, a branch of the head has no gradient.
        Assert.True(same[false].Count(s => !s) > 0.9 * same[false].Count());
        // The statistics of frozen batch norms follow the data all the same.
        Assert.NotEqual(0, set.Backend.ToFloats(end.NamedTensors().First(t => t.Name == "model.0.bn.running_mean").Tensor)[0]);
        Assert.Contains(told.Messages, m => m.StartsWith($"frozen: layers {described}, ", StringComparison.Ordinal));
    }

    /// <summary>What comes after the frozen layers learns as before, to the bit; the layers themselves leave nothing on the tape.</summary>
    [Fact]
    public void TheWalkBackEndsAboveTheFrozenLayers()
    {
        var (allOps, allPeak, all) = Step([]);
        var (fewOps, fewPeak, few) = Step(Enumerable.Range(0, 10));
        Assert.InRange(fewOps, 1, allOps * 3 / 4);
        Assert.True(fewPeak < allPeak * 3 / 4, $"{fewPeak} of {allPeak} bytes");
        foreach (var (name, grad) in few)
            if (int.Parse(name.Split('.')[1]) < 10) Assert.All(grad, g => Assert.Equal(0, g));
            else Assert.Equal(all[name], grad);
    }

    /// <summary>Recorded ops, bytes live when the walk back starts, and gradients of one step on noise.</summary>
    private (int Ops, long Bytes, Dictionary<string, float[]> Grads) Step(IEnumerable<int> frozen)
    {
        using var model = YoloModel.Create(set.Backend, YoloSpec.BuiltIn('n'), 4);
        model.Freeze(frozen);
        byte[] pixels = new byte[2 * 64 * 64 * 3];
        new Random(3).NextBytes(pixels);
        using var batch = new DetectionBatch(new PixelBuffer(pixels)) { N = 2, H = 64, W = 64, Targets = [0, 1, 0.5f, 0.5f, 0.5f, 0.5f], Samples = [] };
        long before = set.Backend.Allocator.LiveBytes;
        using var tape = new Tape(set.Backend);
        var loss = TaskWork.For(YoloTask.Detect, set.Options()).Loss(tape, model.Forward(tape, NetworkInput.From(tape, batch)), batch);
        var (ops, bytes) = (tape.Ops.Count(), set.Backend.Allocator.LiveBytes - before);
        tape.Backward(loss.Loss);
        Assert.Equal(before, set.Backend.Allocator.LiveBytes);
        return (ops, bytes, model.Parameters.ToDictionary(p => p.Name, p => set.Backend.ToFloats(p.Grad)));
    }
}
