using System.Text.Json;
using NativeTrain.Core;
using NativeTrain.Testing;
using NativeTrain.Vision.Models;
using Xunit;

namespace NativeTrain.Training.Tests;

/// <summary>What `trace` notes of real training steps, and the file that it writes.</summary>
public sealed class TraceTests(TinySet set) : IClassFixture<TinySet>
{
    private const int Steps = 2;

    private TraceResult Trace(params string[] more) => Trace(skip: 1, more);

    private TraceResult Trace(int skip, params string[] more) =>
        TraceRun.Run(set.Backend, set.Options(["workers=1", "nbs=4", "warmup_epochs=0", .. more]), Steps, skip, new Recorder(), default);

    [Fact]
    public void EveryCallOfAStepIsThere()
    {
        long before = set.Backend.Allocator.LiveBytes;
        var trace = Trace();
        Assert.Equal(before, set.Backend.Allocator.LiveBytes);

        using var recorder = new CallRecorder();
        using var step = new BenchStep(recorder, YoloSpec.Resolve("yolo11n.yaml"), classes: 3, imgsz: 64, batch: 4, DType.F32);
        recorder.Forget();
        step.Run();
        var expected = recorder.Calls.GroupBy(c => $"{c.Call.Op} {c.Call.Pass}").ToDictionary(g => g.Key, g => g.Sum(c => c.Count));
        foreach (var (start, end) in trace.Steps)
        {
            var seen = trace.Log.Events(start, end).Where(e => e.Call is not null).GroupBy(e => e.Name).ToDictionary(g => g.Key, g => g.Count());
            Assert.All(expected, e => Assert.True(seen.GetValueOrDefault(e.Key) >= e.Value, $"{e.Key}: {seen.GetValueOrDefault(e.Key)} of {e.Value} calls"));
            Assert.Equal(expected["conv2d backward_data"], seen["conv2d backward_data"]);
        }
        var conv = trace.Events.First(e => e.Name == "conv2d forward");
        Assert.Equal(new Conv2dShape(4, 64, 64, 3, 16, 3, 3, 2, 1, 1), conv.Call!.Convolution);
        Assert.NotEqual("", conv.Implementation);
        Assert.Equal("model.0", conv.Layer);
        Assert.Equal("model.0", trace.Log.Events(trace.Steps[0].Start, trace.Steps[0].End).Last(e => e.Name == "conv2d backward_weight").Layer);
        Assert.All(trace.Events.Where(e => e.Name == "detection_loss backward"), e => Assert.Equal("loss", e.Layer));
    }

    [Fact]
    public void TimesNestAndCallsFitInTheirStep()
    {
        var trace = Trace();
        foreach (var (start, end) in trace.Steps)
        {
            var events = trace.Log.Events(start, end);
            var step = Assert.Single(events, e => e.Name == "step");
            double calls = events.Where(e => e.Call is not null).Sum(e => e.Seconds);
            Assert.InRange(calls, 0.1 * step.Seconds, step.Seconds);
            foreach (string phase in (string[])["wait for batch", "forward", "loss", "backward", "update"])
            {
                var span = Assert.Single(events, e => e.Name == phase);
                Assert.InRange(span.Start, step.Start, step.End);
                Assert.InRange(span.End, span.Start, step.End);
            }
        }
    }

    [Fact]
    public void LoaderThreadsTellOfEachSample()
    {
        // From the first step on: it waits for the first batch, whose pictures nobody has decoded before.
        var trace = Trace(skip: 0, "batch=2");
        var loader = trace.Events.Where(e => e.Track.Name == "loader 0").ToArray();
        foreach (string work in (string[])["augment", "decode", "collate"]) Assert.Contains(loader, e => e.Category == "loader" && e.Name == work);
        Assert.All(loader.Where(e => e.Name == "decode"), e => Assert.True(File.Exists(e.File), e.File));
    }

    [Fact]
    public void PicturesThatAreInMemoryAreNotDecoded() => Assert.DoesNotContain(Trace("cache=ram").Events, e => e.Name == "decode");

    /// <summary>On a CPU it takes its share of the cores, and steps look slower than they are in a training of a set that fits into memory.</summary>
    [Theory, InlineData("false", true), InlineData("ram", false)]
    public void ThatPicturesAreDecodedEachTimeIsSaid(string cache, bool said)
    {
        var recorder = new Recorder();
        TraceRun.Run(set.Backend, set.Options(["workers=1", $"cache={cache}"]), 1, 0, recorder, default);
        Assert.Equal(said, recorder.Messages.Any(m => m.Contains("cache=ram", StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData("yolo11n.yaml")]
    [InlineData("yolo11n-seg.yaml")]
    public void TheFileIsWhatTheFormatAsksFor(string model)
    {
        using var folder = new TemporaryFolder();
        string path = folder.File("trace.json");
        var trace = Trace($"model={model}");
        TraceFile.Write(path, trace);
        using var json = JsonDocument.Parse(File.ReadAllBytes(path));
        var root = json.RootElement;
        Assert.Equal("ms", root.GetProperty("displayTimeUnit").GetString());
        JsonElement[] events = [.. root.GetProperty("traceEvents").EnumerateArray()];
        var named = events.Where(e => Phase(e) == "M" && e.GetProperty("name").GetString() == "thread_name").Select(Track).ToHashSet();
        foreach (var track in events.Where(e => Phase(e) == "X").GroupBy(Track))
        {
            Assert.Contains(track.Key, named);
            decimal last = 0;
            var ends = new Stack<decimal>();
            Assert.All(track, e =>
            {
                decimal at = e.GetProperty("ts").GetDecimal(), end = at + e.GetProperty("dur").GetDecimal();
                Assert.True(at >= last && end >= at, e.ToString());
                while (ends.TryPeek(out decimal before) && before <= at) ends.Pop();
                Assert.True(!ends.TryPeek(out decimal outer) || end <= outer, $"{e} ends after what holds it");
                ends.Push(end);
                last = at;
            });
        }
        double[] memory = [.. events.Where(e => Phase(e) == "C").Select(e => e.GetProperty("args").GetProperty("bytes").GetDouble())];
        Assert.True(memory.Length > 100 && memory.Max() > memory[^1], $"{memory.Length} counters");
        var conv = events.First(e => e.GetProperty("name").GetString() == "conv2d backward_weight").GetProperty("args");
        Assert.True(conv.GetProperty("flops").GetInt64() > 0 && conv.GetProperty("bytes").GetInt64() > 0);
        Assert.Contains("x", conv.GetProperty("shape").GetString());
    }

    [Fact]
    public void WithoutATimelineASpanCostsNothing()
    {
        ITimeline? none = null;
        static void Work(ITimeline? timeline)
        {
            for (int i = 0; i < 1000; i++)
                using (timeline.Span("loader", "augment", i, "file")) { }
        }
        Work(none); // compiled
        long before = GC.GetAllocatedBytesForCurrentThread();
        Work(none);
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    [Fact]
    public void ATraceStartsAnew() =>
        Assert.Contains("starts anew", Assert.Throws<InputException>(() => Trace("resume=last.safetensors")).Message);

    private static string? Phase(JsonElement e) => e.GetProperty("ph").GetString();
    private static (int, int) Track(JsonElement e) => (e.GetProperty("pid").GetInt32(), e.GetProperty("tid").GetInt32());
}
