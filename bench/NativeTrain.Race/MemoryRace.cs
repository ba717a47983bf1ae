using NativeTrain.Core;

namespace NativeTrain.Race;

/// <summary>
/// How the memory of a training grows with the batch, ours and libtorch's (with malloc as it comes), and so the largest batch that each can train in a
/// machine's memory. One engine at a time; how long it takes does not count.
/// </summary>
internal static class MemoryRace
{
    private const int Steps = 4;
    private static readonly int[] Budgets = [4, 16];

    public static IEnumerable<RaceRow> Run(RaceSettings settings)
    {
        var rows = new List<RaceRow>();
        foreach (bool bf16 in StepRace.Types(settings))
        {
            string type = bf16 ? "bf16" : "fp32";
            var (small, large) = (Peaks(settings, bf16), Peaks(settings with { Batch = 2 * settings.Batch }, bf16));
            Line own = Line.Through(settings.Batch, small.Own, large.Own), torch = Line.Through(settings.Batch, small.Torch, large.Torch);
            rows.Add(new RaceRow($"{type} memory of batch {settings.Batch} and {2 * settings.Batch}", $"ours {Mib(small.Own)} and {Mib(large.Own)} MiB, libtorch {Mib(small.Torch)} and {Mib(large.Torch)} MiB"));
            rows.Add(new RaceRow($"{type} memory an image", $"ours {own.Slope / 1048576:F1} MiB, libtorch {torch.Slope / 1048576:F1} MiB"));
            foreach (long gib in Budgets)
            {
                var (ours, theirs) = (own.Largest(gib << 30), torch.Largest(gib << 30));
                rows.Add(new RaceRow($"{type} largest batch in {gib} GiB, by these", $"ours {ours}, libtorch {theirs}", "larger", ours > theirs));
            }
        }
        return rows;
    }

    /// <summary>The most memory that an engine's process had after a few steps. The engine is ended.</summary>
    public static long Peak(EngineProcess engine)
    {
        using (engine)
        {
            engine.Await();
            for (int i = 0; i < Steps; i++) engine.Step();
            return engine.PeakBytes();
        }
    }

    private static (long Own, long Torch) Peaks(RaceSettings settings, bool bf16)
    {
        Console.WriteLine($"memory of batch {settings.Batch}, {(bf16 ? "bf16" : "fp32")}");
        return StepRace.FromStart(settings with { Prepare = 0 }, (weights, batch) =>
            (Peak(StepRace.Own(settings, weights, batch, bf16)), Peak(Peer.Start([weights, batch, .. settings.ForChild(bf16)], tuned: false))));
    }

    private static string Mib(long bytes) => $"{bytes / 1048576.0:F0}";

    /// <summary>Bytes as a line over the batch.</summary>
    private readonly record struct Line(double Start, double Slope)
    {
        /// <param name="batch">A batch.</param>
        /// <param name="bytes">What it takes.</param>
        /// <param name="twice">What a batch of twice its size takes.</param>
        public static Line Through(int batch, long bytes, long twice) => new(2.0 * bytes - twice, (double)(twice - bytes) / batch);

        /// <exception cref="InputException">The larger batch took no more memory.</exception>
        public int Largest(long bytes) =>
            Slope > 0 ? Math.Max(0, (int)((bytes - Start) / Slope)) : throw new InputException("memory: twice the batch took no more of it; give a larger batch=");
    }
}
