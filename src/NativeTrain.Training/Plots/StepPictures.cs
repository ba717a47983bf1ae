using NativeTrain.Vision.Data;

namespace NativeTrain.Training;

/// <summary>
/// The pictures that a training draws beside its steps: labels.png, and train_batchN.jpg of the first three batches and of the
/// first three without mosaic. Each is drawn after the step it belongs to, so that a training shows soon that it works: the first
/// picture loads and compiles the library that draws.
/// </summary>
/// <param name="folder">The run's.</param>
/// <param name="setup">What is trained.</param>
internal sealed class StepPictures(string folder, TrainingSetup setup)
{
    private bool labels;

    /// <summary>A step is done: draws what belongs to it.</summary>
    /// <param name="batch">The step's; its pixels are still there.</param>
    /// <param name="epoch">From 0.</param>
    /// <param name="step">Of the epoch, from 0.</param>
    public void Draw(ImageBatch batch, int epoch, int step)
    {
        Labels();
        if (Number(epoch, step) is { } n) setup.Work.DrawBatch(folder, n, batch, setup.Data.Names);
    }

    /// <summary>Draws labels.png, the first time; for a training that has no step to make, too.</summary>
    public void Labels()
    {
        if (!labels) setup.Work.DrawLabels(folder, setup.TrainSet, setup.Data.Names);
        labels = true;
    }

    private int? Number(int epoch, int step)
    {
        if (step >= 3) return null;
        if (epoch == 0) return step;
        return setup.Work.HasMosaic && setup.Recipe.MosaicEndsAt(epoch) ? epoch * setup.TrainLoader.BatchesPerEpoch + step : null;
    }
}
