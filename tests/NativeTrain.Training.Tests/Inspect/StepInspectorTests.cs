using System.Text.Json;
using NativeTrain.Core;
using NativeTrain.Cpu;
using NativeTrain.Testing;
using NativeTrain.Vision.Data;
using NativeTrain.Vision.Models;
using Xunit;

namespace NativeTrain.Training.Tests;

/// <summary>Real steps, looked into.</summary>
public sealed class StepInspectorTests : IDisposable
{
    private readonly TemporaryFolder folder = new();
    private readonly CpuBackend backend = new();

    public void Dispose()
    {
        backend.Dispose();
        folder.Dispose();
    }

    private TrainOptions Options(YoloTask task, params string[] more)
    {
        string set = folder.File(task.ToString());
        if (!Directory.Exists(set)) ShapesGenerator.Write(set, 8, 2, size: 64, seed: 1, task);
        string data = task == YoloTask.Classify ? set : Path.Combine(set, "data.yaml");
        return TrainOptions.Parse(Verb.Train, [$"model=yolo11n{TaskNames.Suffix(TaskNames.Of(task))}.yaml", $"data={data}", "imgsz=64", "batch=4", "workers=0", "amp=false", .. more]);
    }

    [Theory]
    [InlineData(YoloTask.Detect)]
    [InlineData(YoloTask.Segment)]
    [InlineData(YoloTask.Classify)]
    public void TwoStepsOfEachTaskAreSeenWhole(YoloTask task)
    {
        long before = backend.Allocator.LiveBytes;
        var options = Options(task);
        using (var inspector = new StepInspector(backend, options, SilentProgress.Instance))
        {
            var first = inspector.Next();
            Check(first, task);
            var second = inspector.Next();
            Assert.Equal((1, 2), (first.About.Step, second.About.Step));
            Assert.NotEqual(first.Loss, second.Loss);
        }
        Assert.Equal(before, backend.Allocator.LiveBytes);
    }

    private static void Check(StepDocument step, YoloTask task)
    {
        // Time: every launch was timed, and the layers share them out.
        var launches = step.Nodes.SelectMany(n => n.Forward.Concat(n.Backward)).ToList();
        Assert.All(launches, l => Assert.True(l.Seconds > 0));
        Assert.Equal(step.Totals.NodeSeconds, launches.Sum(l => l.Seconds), 9);
        Assert.Equal(step.Totals.NodeSeconds, step.Layers.Sum(l => l.Forward + l.Backward), 9);

        // Memory: the curve meets the allocator's own peak, ends where it began, and its holders are all of it.
        Assert.Equal(step.Totals.PeakBytes, step.Memory.Curve.Max());
        Assert.Equal(step.Memory.Before.Sum(p => p.Bytes), step.Memory.Curve[^1]);
        Assert.Equal(step.Totals.PeakBytes, step.Memory.Curve[^1] + step.Memory.Holders.Sum(h => h.Activations + h.Gradients));
        Assert.All(step.Memory.Before, p => Assert.True(p.Bytes > 0));

        // Numbers: an output and its gradient of every op that has one, and sums over layers.
        Assert.All(step.Nodes.Where(n => n.Backward.Count > 0), n => Assert.True(n is { Activation.NotFinite: 0, Gradient.NotFinite: 0 }, n.Name));
        double norm = Math.Sqrt(step.Layers.Sum(l => (l.GradNorm ?? 0) * (l.GradNorm ?? 0)));
        Assert.Equal(step.Totals.GradNorm!.Value, norm, 1e-4 * norm);
        Assert.All(step.Layers.Where(l => l.Parameters > 0), l => Assert.True(l.UpdateRatio > 0, l.Name));
        Assert.Equal(step.About.Parameters, step.Layers.Sum(l => l.Parameters) + (task == YoloTask.Classify ? 0 : DetectHead.RegMax));

        Assert.Equal(4, step.Pictures.Count);
        if (task == YoloTask.Classify) Assert.All(step.Pictures, p => Assert.InRange(p.Probability!.Value, 0, 1));
        else Assert.All(step.Pictures.SelectMany(p => p.Cells.Select(c => (c, Box: p.Boxes[c.Box]))), m =>
        {
            Assert.InRange(m.c.X, m.Box.X, m.Box.X + m.Box.W); // the assigner takes cells whose centres lie in the box
            Assert.InRange(m.c.Y, m.Box.Y, m.Box.Y + m.Box.H);
        });
        Assert.True(task == YoloTask.Classify || step.Pictures.Sum(p => p.Cells.Count) > 0);
        string[] topics = task == YoloTask.Classify ? ["time", "memory", "gradients", "updates"] : ["time", "memory", "gradients", "updates", "matches"];
        Assert.All(topics, t => Assert.Contains(step.Findings, f => f.Topic == t));
        Assert.Contains($"{step.Layers.MaxBy(l => l.Forward + l.Backward)!.Name} ", step.Findings[0].Text);
        var holder = step.Layers[step.Memory.Holders[0].Layer];
        Assert.Equal(step.Layers.Max(l => l.PeakBytes), holder.PeakBytes);
        Assert.Contains($"{holder.Name} ", step.Findings.First(f => f.Topic == "memory").Text);
    }

    /// <summary>The step is a training's own, and looking at it changes no bit: its loss and its gradients' norm are those of a plain run.</summary>
    [Fact]
    public void LookingChangesNothing()
    {
        var options = Options(YoloTask.Detect, "warmup_epochs=0", "nbs=4", "epochs=1", "val=false", "plots=false", $"project={folder.File("runs")}");
        var recorder = new Recorder();
        Trainer.Run(backend, options, recorder);
        using var inspector = new StepInspector(backend, options.With("epochs=1"), SilentProgress.Instance);
        foreach (var trained in recorder.Steps.Take(2))
        {
            var step = inspector.Next();
            Assert.Equal(trained.StepLoss.Values, step.Loss.Select(l => l.Value));
            Assert.Equal(trained.GradNorm, step.Totals.GradNorm);
        }
    }

    [Fact]
    public void ThePageHoldsTheDocumentAndLoadsNothing()
    {
        using var inspector = new StepInspector(backend, Options(YoloTask.Detect, "amp=bf16"), SilentProgress.Instance);
        var step = inspector.Next();
        InspectPage.Write(step, folder.File("page.html"), folder.File("step.json"));
        string html = File.ReadAllText(folder.File("page.html")), json = File.ReadAllText(folder.File("step.json"));
        Assert.Contains($"<script type=\"application/json\" id=\"step\">{json}</script>", html);
        Assert.DoesNotContain("{{", html.Replace(json, "", StringComparison.Ordinal));
        Assert.DoesNotContain("https://", html.Replace(json, "", StringComparison.Ordinal));
        using var document = JsonDocument.Parse(json);
        Assert.Equal(step.Nodes.Count, document.RootElement.GetProperty("nodes").GetArrayLength());
        Assert.Equal("BF16", document.RootElement.GetProperty("about").GetProperty("precision").GetString());
    }

    [Fact]
    public void FlagsOverflowsAndNamesAreSaidInWordsThatFitThem()
    {
        using var inspector = new StepInspector(backend, Options(YoloTask.Detect), SilentProgress.Instance);
        var step = inspector.Next();
        string Said(double norm, string flag) => Assert.Single(new StepFindings(step with
        {
            Layers = [.. step.Layers.Select(l => l.Name == "model.0" ? l with { GradNorm = norm, Flag = flag } : l)],
        }).All(), f => f.Warns && f.Topic == "gradients" && f.Text.StartsWith("model.0 ", StringComparison.Ordinal)).Text;
        Assert.Equal("model.0 (Conv): its gradients are not finite.", Said(double.PositiveInfinity, LayerSummary.NotFinite));
        Assert.Equal("model.0 (Conv): its gradients are vanishing (norm 1e-07, more than 1000 times below the median layer's).", Said(1e-7, LayerSummary.Vanishing));
        Assert.Equal("model.0 (Conv): its gradients are exploding (norm 1e+07, more than 1000 times above the median layer's).", Said(1e7, LayerSummary.Exploding));

        // Measured, yet no update made: they overflowed.
        var leftOut = step with
        {
            Totals = step.Totals with { GradNorm = null },
            Layers = [.. step.Layers.Select(l => l.Name == "model.0" ? l with { GradNorm = double.NaN, Flag = LayerSummary.NotFinite } : l)],
        };
        string overflow = Assert.Single(new StepFindings(leftOut).All(), f => f.Warns && f.Topic == "gradients" && f.Text.Contains("left out", StringComparison.Ordinal)).Text;
        Assert.StartsWith($"The gradients overflowed F32, not finite in 1 of {step.Layers.Count(l => l.GradNorm is not null)} layers: the step was left out", overflow);

        // A name that reads like a place of the page is a name.
        var named = step with { About = step.About with { Model = "{{js}}", Data = "{{title}}" } };
        string html = InspectPage.Html(named);
        Assert.Contains("<title>{{js}}, step 1 - NativeTrain</title>", html);
        Assert.Contains($"id=\"step\">{StepJson.Of(named)}</script>", html);
    }

    [Theory]
    [InlineData("batch=-1", "inspect finds no batch by itself; give batch= a number of images")]
    [InlineData("resume=true", "inspect starts anew; give model= instead of resume=")]
    public void WhatItCannotDoIsRefused(string option, string message) =>
        Assert.Equal(message, Assert.Throws<InputException>(() => new StepInspector(backend, Options(YoloTask.Detect, option), SilentProgress.Instance)).Message);
}
