using System.Text.Json;
using Xunit;

namespace NativeTrain.Cli.Tests;

public sealed class TraceTests : IDisposable
{
    private readonly TinySet set = new();

    [Fact]
    public void ATraceIsWrittenAndSummedUp()
    {
        string[] words = ["trace", "model=yolo11n.yaml", "data=set/data.yaml", "imgsz=64", "batch=2", "workers=1"];
        var run = set.Run([.. words, "steps=2", "skip=1", "output=t.json"]);
        Expect.Success(run);
        Assert.Contains("2 steps of yolo11n on cpu", run.Out);
        Assert.Contains("t.json", run.Out);
        using var json = JsonDocument.Parse(File.ReadAllBytes(set.File("t.json")));
        Assert.Equal(2, json.RootElement.GetProperty("traceEvents").EnumerateArray().Count(e => e.GetProperty("name").GetString() == "step"));
        Assert.False(Directory.Exists(set.File("runs")), "a trace leaves a run's folder");

        Expect.InputError(set.Run([.. words, "step=2"]), "step");
        Expect.InputError(set.Run("trace", "model=yolo11n.yaml", "data=none.yaml"), "none.yaml");
    }

    [Fact]
    public void TheEmulatorTellsWhenItsKernelsRan()
    {
        var run = set.Run("trace", "model=yolo11n.yaml", "data=set/data.yaml", "imgsz=32", "batch=1", "workers=0", "steps=1", "skip=0", "device=emulator");
        Expect.Success(run);
        Assert.Contains("by its own events", run.Out);
        using var json = JsonDocument.Parse(File.ReadAllBytes(set.File("trace.json")));
        string[] kernels = [.. json.RootElement.GetProperty("traceEvents").EnumerateArray()
            .Where(e => e.TryGetProperty("cat", out var c) && c.GetString() == "device").Select(e => e.GetProperty("name").GetString()!)];
        Assert.Contains(kernels, k => k.StartsWith("batch_norm_act", StringComparison.Ordinal));
        Assert.Contains("upload", kernels);
    }

    public void Dispose() => set.Dispose();
}
