namespace NativeTrain.Race;

/// <summary>The parts of the race, one after another.</summary>
internal static class Races
{
    public static int Run(RaceSettings settings)
    {
        int failed = 0;
        if (settings.Parts.Contains("step"))
        {
            Console.WriteLine($"training step: {settings.Model} at {settings.ImageSize}, batch {settings.Batch}, {settings.Threads} threads");
            foreach (var r in StepRace.Run(settings)) failed += Tell(settings, r);
        }
        return failed;
    }

    private static int Tell(RaceSettings settings, StepResults r)
    {
        foreach (var e in (EngineRun[])[r.Own, r.Torch, r.Floor])
        {
            var s = Spread.Of(e.Seconds);
            Console.WriteLine($"{(r.BFloat16 ? "bf16" : "fp32")} {e.Name,-50} {s.Median:F3} s ({s.Low:F3}…{s.High:F3}, least {e.Seconds.Min():F3}), {settings.Batch / s.Median:F1} images/s, peak {e.PeakBytes / 1048576.0:F0} MiB {e.BareSeconds:F3}");
        }
        var t = Ratio.Of(r.Torch.Seconds, r.Own.Seconds);
        var f = Ratio.Of(r.Own.Seconds, r.Floor.Seconds);
        Console.WriteLine($"libtorch / ours {t.Median:F2} ({t.Low:F2}…{t.High:F2}); ours / floor {f.Median:F2} ({f.Low:F2}…{f.High:F2}); memory ours / libtorch {(double)r.Own.PeakBytes / r.Torch.PeakBytes:F2}");
        double worst = r.Own.Losses.Zip(r.Torch.Losses, (a, b) => Math.Abs(a - b) / Math.Abs(b)).Max();
        Console.WriteLine($"worst relative difference of losses {worst:e1}");
        return 0;
    }
}
