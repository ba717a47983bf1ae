using NativeTrain.Core;
using NativeTrain.Vision.Data;

namespace NativeTrain.Training;

/// <summary>
/// What a training is among several processes that train the same model, each on its part of every batch. Gradients, loss terms
/// and what losses are divided by are summed over all of them, so that many train as one would on whole batches.
/// </summary>
/// <param name="Collectives">How they speak.</param>
/// <param name="SyncBatchNorm">Whether batch norm takes its statistics over whole batches.</param>
public sealed record DataParallel(ICollectives Collectives, bool SyncBatchNorm)
{
    /// <summary>A training in one process.</summary>
    public static DataParallel Alone { get; } = new(OneProcess.Instance, SyncBatchNorm: false);

    public bool IsAlone => Collectives.Size == 1;

    /// <summary>Whether this process writes files and speaks to the user.</summary>
    public bool Writes => Collectives.Rank == 0;

    /// <summary>What this process loads.</summary>
    public Shard Shard => new(Collectives.Rank, Collectives.Size);

    /// <summary>This process's part of a batch; null: all of it.</summary>
    public BatchShare? ShareOf(ImageBatch batch)
    {
        ArgumentNullException.ThrowIfNull(batch);
        return IsAlone ? null : new BatchShare(Collectives, BatchShare.Divide(batch.Whole, Collectives.Size), SyncBatchNorm);
    }

    /// <summary>The terms of a whole batch's loss, from those of the parts.</summary>
    public LossItems Sum(LossItems part)
    {
        ArgumentNullException.ThrowIfNull(part);
        if (IsAlone) return part;
        double[] terms = [.. part.Values];
        Collectives.AllReduce(terms);
        return part with { Values = terms };
    }

    /// <summary>Whether any process says yes; all are told the same.</summary>
    public bool Any(bool yes)
    {
        if (IsAlone) return yes;
        double[] votes = [yes ? 1 : 0];
        Collectives.AllReduce(votes);
        return votes[0] > 0;
    }

    /// <summary>What rank 0 has.</summary>
    public double OfFirst(double number)
    {
        if (IsAlone) return number;
        double[] numbers = [Writes ? number : 0];
        Collectives.AllReduce(numbers);
        return numbers[0];
    }

    /// <summary>What rank 0 has.</summary>
    public string OfFirst(string text) =>
        IsAlone ? text : System.Text.Encoding.UTF8.GetString(Collectives.AllGather(Writes ? System.Text.Encoding.UTF8.GetBytes(text) : [])[0]);
}
