namespace NativeTrain.Nn;

/// <summary>Ends a training that has not improved for a while.</summary>
/// <param name="patience">Epochs without a better fitness after which to stop; 0 never stops.</param>
public sealed class EarlyStopping(int patience)
{
    /// <summary>The best fitness so far; negative infinity before the first.</summary>
    public double BestFitness { get; private set; } = double.NegativeInfinity;

    /// <summary>The (last) epoch that had it.</summary>
    public int BestEpoch { get; private set; }

    /// <summary>Notes an epoch's fitness; true when it is time to stop.</summary>
    /// <remarks>An equal fitness counts as better: early epochs often find nothing and score 0.</remarks>
    public bool Update(int epoch, double fitness)
    {
        if (fitness >= BestFitness) Resume(epoch, fitness);
        return IsOver(epoch);
    }

    /// <summary>Whether patience is used up after so many epochs.</summary>
    public bool IsOver(int epoch) => patience > 0 && epoch - BestEpoch >= patience;

    /// <summary>Takes up where an earlier run stood.</summary>
    public void Resume(int bestEpoch, double bestFitness)
    {
        BestEpoch = bestEpoch;
        BestFitness = bestFitness;
    }
}
