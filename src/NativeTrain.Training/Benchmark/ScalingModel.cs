namespace NativeTrain.Training;

/// <summary>
/// How long a step takes on N ranks that each compute the same number of images (weak scaling), predicted: docs/scaling.md. The engine's
/// all-reduce is taken to be a ring (Patarasuk and Yuan 2009): 2(N−1) messages of bytes/N each, so
/// t(N, bytes) = 2(N−1)·a + 2(N−1)/N·bytes·b, with a and b from what two ranks measured. Buckets overlap with the walk back, all
/// but the last.
/// </summary>
/// <param name="StepSeconds">A step of one rank alone.</param>
/// <param name="BackwardShare">Part of it that is the walk back.</param>
/// <param name="GradientBytes">Of all gradients.</param>
/// <param name="BucketBytes">Of a bucket.</param>
/// <param name="Measured">An all-reduce between <paramref name="MeasuredRanks"/> ranks.</param>
/// <param name="MeasuredRanks">How many ranks measured it.</param>
public sealed record ScalingModel(double StepSeconds, double BackwardShare, double GradientBytes, double BucketBytes, AlphaBeta Measured, int MeasuredRanks)
{
    /// <summary>Seconds of a message, and of a byte.</summary>
    private double A => Measured.Latency / (2 * (MeasuredRanks - 1));
    private double B => Measured.SecondsPerByte * MeasuredRanks / (2 * (MeasuredRanks - 1));

    /// <summary>Seconds of a sum over so many ranks.</summary>
    public double AllReduce(int ranks, double bytes) => 2 * (ranks - 1) * A + 2.0 * (ranks - 1) / ranks * bytes * B;

    /// <summary>Seconds of a step.</summary>
    public double Step(int ranks)
    {
        if (ranks == 1) return StepSeconds;
        double buckets = Math.Max(1, Math.Ceiling(GradientBytes / BucketBytes)), bytes = GradientBytes / buckets;
        double one = AllReduce(ranks, bytes), all = buckets * one;
        return StepSeconds + Math.Max(one, all - BackwardShare * StepSeconds);
    }

    /// <summary>Images a second of N ranks over N times those of one.</summary>
    public double Efficiency(int ranks) => StepSeconds / Step(ranks);
}
