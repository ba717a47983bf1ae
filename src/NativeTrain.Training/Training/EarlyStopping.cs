namespace NativeTrain.Training;

/// <summary>Ends a training whose fitness has not risen for <paramref name="patience"/> epochs (0: never).</summary>
public sealed class EarlyStopping(int patience)
{
    /// <summary>The epoch (from 1) of the best fitness so far; 0 before the first.</summary>
    public int BestEpoch { get; private set; }

    /// <summary>The best fitness so far.</summary>
    public double BestFitness { get; private set; } = double.NegativeInfinity;

    /// <summary>
    /// Takes note of an epoch's fitness (null: it was not validated) and says whether it is the best so far;
    /// of equals the later one counts.
    /// </summary>
    public bool Improved(int epoch, double? fitness)
    {
        if (fitness is not { } f || f < BestFitness) return false;
        BestFitness = f;
        BestEpoch = epoch;
        return true;
    }

    /// <summary>Whether the training should end after this epoch.</summary>
    public bool ShouldStop(int epoch) => patience > 0 && BestEpoch > 0 && epoch - BestEpoch >= patience;
}
