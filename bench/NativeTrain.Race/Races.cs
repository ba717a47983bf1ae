using NativeTrain.Core;

namespace NativeTrain.Race;

/// <summary>The parts of the race, one after another, and what came of them.</summary>
internal static class Races
{
    /// <summary>Losses of two engines in fp32 may differ by this part at each step.</summary>
    private const double MostDifference = 1e-3;

    public static int Run(RaceSettings settings)
    {
        var rows = new List<RaceRow>();
        IReadOnlyList<StepResults> steps = [];
        bool Has(string part) => settings.Parts.Contains(part);
        if (Has("step"))
        {
            Console.WriteLine($"training step: {settings.Model} at {settings.ImageSize}, batch {settings.Batch}, {settings.Threads} threads, {settings.Classes} classes");
            steps = StepRace.Run(settings);
            foreach (var s in steps) rows.AddRange(Rows(settings, s));
            if (steps.Count > 1) rows.Add(RaceRow.Bounded("fp32 / bf16, ours", Ratio.Of(steps[0].Own.Seconds, steps[1].Own.Seconds), "×", 1.7, atLeast: true));
        }
        if (Has("memory")) rows.AddRange(MemoryRace.Run(settings));
        if (Has("loader")) rows.AddRange(LoaderRace.Run(settings, steps.FirstOrDefault(s => s.BFloat16)));
        if (Has("epoch") || Has("start")) rows.AddRange(ProgramRace.Run(settings, epochs: Has("epoch"), start: Has("start")));
        foreach (string line in RaceReport.Table(rows)) Console.WriteLine(line);
        RaceReport.Write(settings, rows, steps);
        return steps.Where(s => !s.BFloat16).Any(s => Disagrees(settings, s)) ? 1 : 0;
    }

    private static IEnumerable<RaceRow> Rows(RaceSettings settings, StepResults s)
    {
        string type = s.Type;
        foreach (var (name, run) in ((string, EngineRun)[])[("NativeTrain", s.Own), ("libtorch", s.Torch)])
        {
            var t = Spread.Of(run.Seconds);
            yield return new RaceRow($"{type} step, {name}", $"{t.Median:F3} s ({t.Low:F3}…{t.High:F3}, least {run.Seconds.Min():F3}), {settings.Batch / t.Median:F1} images/s, {run.PeakBytes / 1048576.0:F0} MiB");
        }
        if (s.Torch.BareSeconds is { } bare) yield return new RaceRow($"{type} step, libtorch without the detection loss", $"{bare:F3} s");
        var floor = Spread.Of(s.Floor.Seconds);
        yield return new RaceRow($"{type} {s.Floor.Name}", $"{floor.Median:F3} s ({floor.Low:F3}…{floor.High:F3}, least {s.Floor.Seconds.Min():F3})");
        yield return RaceRow.Bounded($"{type} libtorch / ours", Ratio.Of(s.Torch.Seconds, s.Own.Seconds), "×", s.BFloat16 ? 3 : 2.5, atLeast: true);
        yield return RaceRow.Bounded($"{type} ours / bare convolutions", Ratio.Of(s.Own.Seconds, s.Floor.Seconds), "×", s.BFloat16 ? 1.7 : 1.4, atLeast: false);
        double memory = (double)s.Own.PeakBytes / s.Torch.PeakBytes;
        yield return new RaceRow($"{type} memory, ours / libtorch", $"{memory:F2}×", "≤ 0.6×", memory <= 0.6);
        yield return new RaceRow($"{type} losses, largest relative difference", $"{s.LossDifference:e1}", s.BFloat16 ? "" : $"≤ {MostDifference:g1}", s.BFloat16 ? null : s.LossDifference <= MostDifference);
    }

    private static bool Disagrees(RaceSettings settings, StepResults s)
    {
        if (s.LossDifference <= MostDifference) return false;
        Console.Error.WriteLine($"race: the engines' losses differ by {s.LossDifference:e1}, more than {MostDifference:g1}: they do not train the same (lr={settings.LearningRate:g2}, nc={settings.Classes})");
        return true;
    }
}
