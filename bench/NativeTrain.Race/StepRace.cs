using NativeTrain.Core;
using NativeTrain.Cpu;
using NativeTrain.Training;
using NativeTrain.Vision.Data;
using NativeTrain.Vision.Models;

namespace NativeTrain.Race;

/// <summary>What an engine of the race did.</summary>
/// <param name="Name">In words.</param>
/// <param name="Seconds">Of each timed round.</param>
/// <param name="Losses">Of every round, warm-up included.</param>
/// <param name="PeakBytes">The most memory its process had.</param>
public sealed record EngineRun(string Name, IReadOnlyList<double> Seconds, IReadOnlyList<double> Losses, long PeakBytes)
{
    /// <summary>Median seconds of a step whose loss is the mean square of the logits; null where the engine has no such step.</summary>
    public double? BareSeconds { get; init; }
}

/// <summary>The engines of one element type.</summary>
public sealed record StepResults(bool BFloat16, EngineRun Own, EngineRun Torch, EngineRun Floor)
{
    public string Type => BFloat16 ? "bf16" : "fp32";

    /// <summary>The largest difference of the two losses of a round, as a part of them.</summary>
    public double LossDifference => Own.Losses.Zip(Torch.Losses, (a, b) => Math.Abs(a - b) / Math.Abs(b)).Max();
}

/// <summary>The race of the training step: engines in processes of their own, one step each by turns.</summary>
internal static class StepRace
{
    public static IReadOnlyList<StepResults> Run(RaceSettings settings) =>
        FromStart(settings, (weights, batch) => Race(settings, Types(settings), weights, batch));

    /// <summary>Does something from the start that all engines share: files of weights and of a batch, which are there meanwhile.</summary>
    public static T FromStart<T>(RaceSettings settings, Func<string, string, T> race)
    {
        string folder = Directory.CreateTempSubdirectory("nativetrain-race").FullName;
        try
        {
            string weights = Path.Combine(folder, "weights.safetensors"), batch = Path.Combine(folder, "batch.safetensors");
            Write(settings, weights, batch);
            return race(weights, batch);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    /// <summary>The element types this processor computes in: whether it is bfloat16.</summary>
    public static bool[] Types(RaceSettings settings)
    {
        using var backend = new CpuBackend(settings.Threads);
        if (backend.Computes(DType.BF16)) return [false, true];
        Console.WriteLine("this processor does not multiply bfloat16: the race is of fp32 alone");
        return [false];
    }

    /// <summary>What <see cref="BenchStep"/> begins with.</summary>
    private static void Write(RaceSettings settings, string weights, string batch)
    {
        using var backend = new CpuBackend(settings.Threads);
        var spec = YoloSpec.Resolve(settings.Model);
        if (spec.Task != YoloTask.Detect) throw new InputException($"model={settings.Model}: the peer has the detection loss alone; give a detector");
        using var pictures = new Pictures(settings, backend);
        using var first = (DetectionBatch)pictures.Loader.Epoch(0, mosaic: true).First();
        BatchFile.Write(batch, first);
        var model = YoloModel.Create(backend, spec, settings.Classes);
        using var step = new BenchStep(model, first, DType.F32);
        for (int i = 0; i < settings.Prepare; i++) step.Run();
        WeightsFile.Save(model, weights);
    }

    private static List<StepResults> Race(RaceSettings settings, bool[] types, string weights, string batch)
    {
        var engines = new List<EngineProcess>();
        try
        {
            foreach (bool bf16 in types)
            {
                engines.Add(Own(settings, weights, batch, bf16));
                engines.Add(Peer.Start([weights, batch, .. settings.ForChild(bf16)], tuned: true));
                engines.Add(Self(["floor", .. settings.ForChild(bf16)]));
            }
            foreach (var e in engines) e.Await();
            foreach (string name in engines.Select(e => e.Name).Distinct()) Console.WriteLine($"  {name}");
            var steps = engines.ConvertAll(_ => new List<StepTime>());
            for (int round = 0; round < settings.Warmup + settings.Rounds; round++)
            {
                for (int i = 0; i < engines.Count; i++) steps[i].Add(engines[i].Step());
                Console.WriteLine($"  {(round < settings.Warmup ? "warm-up" : $"round {round - settings.Warmup + 1} of {settings.Rounds}")}: {string.Join("  ", steps.Select(s => $"{s[^1].Seconds:F3} s"))}   loss {string.Join("  ", steps.Where((_, i) => i % 3 < 2).Select(s => $"{s[^1].Loss:F3}"))}");
            }
            var peaks = engines.ConvertAll(e => e.PeakBytes());
            // What makes libtorch fast makes it large: its memory is that of a process with malloc as it comes.
            for (int i = 0; i < types.Length; i++) peaks[3 * i + 1] = MemoryRace.Peak(Peer.Start([weights, batch, .. settings.ForChild(types[i])], tuned: false));
            var bare = engines.Select((e, i) => i % 3 == 1 ? WithoutLoss(e, settings.Warmup) : (double?)null).ToArray();
            EngineRun[] runs = [.. engines.Select((e, i) => new EngineRun(e.Name, [.. steps[i].Skip(settings.Warmup).Select(s => s.Seconds)], [.. steps[i].Select(s => s.Loss)], peaks[i]) { BareSeconds = bare[i] })];
            return [.. types.Select((bf16, i) => new StepResults(bf16, runs[3 * i], runs[3 * i + 1], runs[3 * i + 2]))];
        }
        finally
        {
            foreach (var e in engines) e.Dispose();
        }
    }

    /// <summary>Median seconds of five steps without the detection loss, after some that wake the engine's memory again.</summary>
    private static double WithoutLoss(EngineProcess engine, int warmup)
    {
        for (int i = 0; i < warmup; i++) engine.Step(withLoss: false);
        return Spread.Of(Enumerable.Range(0, 5).Select(_ => engine.Step(withLoss: false).Seconds)).Median;
    }

    /// <summary>NativeTrain as an engine.</summary>
    public static EngineProcess Own(RaceSettings settings, string weights, string batch, bool bf16) => Self(["own", weights, batch, .. settings.ForChild(bf16)]);

    private static EngineProcess Self(IEnumerable<string> arguments) => new(typeof(StepRace).Assembly.Location, arguments, Peer.Plain);
}
