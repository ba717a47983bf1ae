using NativeTrain.Core;
using NativeTrain.Nn;
using NativeTrain.Vision.Models;

namespace NativeTrain.Training;

/// <summary>
/// All that a training is between two steps, beside its averaged weights: what last.safetensors holds after them, so that a
/// training which was cut off goes on as if it had not been. Samples need no state: they are a function of seed, epoch and index.
/// </summary>
/// <param name="backend">Where the model lives.</param>
/// <param name="model">The weights that are trained: "train.NAME", in memory layout.</param>
/// <param name="optimizer">Its moments and counts: "optimizer.…".</param>
/// <param name="ema">The average, whose values are the file's weights: "ema.updates".</param>
/// <param name="step">Gradients that have not made a step yet: "grad.NAME"; where the last step was: "state.last_update"; "state.parts"; in half precision, "scaler.…".</param>
/// <param name="recipe">"state.planned_epochs".</param>
/// <param name="stopping">"state.best_epoch", "state.best_fitness".</param>
/// <param name="results">The rows of results.csv: "state.results".</param>
/// <param name="ranks">Of several processes the gradients that are saved are the sum over all, and rank 0 takes them up.</param>
internal sealed class TrainingState(IBackend backend, YoloModel model, Optimizer optimizer, Ema ema, TrainingStep step, Recipe recipe, EarlyStopping stopping, ResultsCsv results, DataParallel ranks)
{
    internal const string PlannedEpochs = "state.planned_epochs";

    /// <summary>The entries, to be written while the averages are swapped in: they are the file's weights, and the weights that are trained wait in the average.</summary>
    /// <param name="epochs">Epochs done.</param>
    /// <param name="elapsed">Time they took.</param>
    /// <param name="begun">What is done of the next one.</param>
    public IEnumerable<SafetensorsEntry> Entries(int epochs, TimeSpan elapsed, BegunEpoch begun)
    {
        if (!ema.SwappedIn) throw new InvalidOperationException("the weights that are trained are expected in the average");
        return
        [
            .. ema.Averages.Select(t => Tensor("train.", t.Name, t.Tensor)),
            .. optimizer.Save(),
            Number("ema.updates", ema.Updates),
            .. step.Scaler?.Save() ?? [],
            .. step.HasGradients(epochs, begun.Steps) ? model.Parameters.Select(p => Tensor("grad.", p.Name, p.Grad)) : [],
            Number("state.epoch", epochs),
            Number("state.step", begun.Steps),
            SafetensorsEntry.FromDoubles("state.mean_loss", new Shape(begun.MeanLoss.Count), [.. begun.MeanLoss]),
            Number(PlannedEpochs, recipe.PlannedEpochs),
            Number("state.last_update", step.LastUpdate),
            Number("state.parts", step.Parts),
            Number("state.best_epoch", stopping.BestEpoch),
            SafetensorsEntry.FromDoubles("state.best_fitness", new Shape(1), [stopping.BestFitness]),
            SafetensorsEntry.FromDoubles("state.seconds", new Shape(1), [elapsed.TotalSeconds]),
            SafetensorsEntry.FromDoubles("state.results", new Shape(results.Rows.Count * results.Columns.Count), [.. results.Rows.SelectMany(r => r)]),
        ];
    }

    /// <summary>Takes up what <see cref="Entries"/> wrote, in a training just made whose model and average hold the file's weights.</summary>
    /// <returns>Epochs done, the time they took, and what is done of the next one.</returns>
    /// <exception cref="InputException">The file lacks something, or holds it in another shape.</exception>
    public (int Epochs, TimeSpan Elapsed, BegunEpoch Begun) Load(SafetensorsFile file)
    {
        foreach (var (name, tensor) in model.NamedTensors()) file.CopyTo("train." + name, backend, tensor);
        optimizer.Load(file);
        ema.Updates = file.Int64("ema.updates");
        step.Scaler?.Load(file);
        int epochs = (int)file.Int64("state.epoch");
        step.LastUpdate = file.Int64("state.last_update");
        step.Parts = (int)file.Int64("state.parts");
        var begun = new BegunEpoch((int)file.Int64("state.step"), file.Doubles("state.mean_loss", results.Losses));
        if (step.HasGradients(epochs, begun.Steps) && ranks.Writes)
            foreach (var p in model.Parameters) file.CopyTo("grad." + p.Name, backend, p.Grad);
        stopping.Resume((int)file.Int64("state.best_epoch"), file.Doubles("state.best_fitness", 1)[0]);
        results.Restore(file.Doubles("state.results", epochs * results.Columns.Count));
        return (epochs, TimeSpan.FromSeconds(file.Doubles("state.seconds", 1)[0]), begun);
    }

    private SafetensorsEntry Tensor(string prefix, string name, Tensor t) => SafetensorsEntry.DeferredTensor(prefix + name, backend, t);

    private static SafetensorsEntry Number(string name, long value) => SafetensorsEntry.FromLongs(name, new Shape(), [value]);
}

/// <summary>What is done of an epoch that is not over.</summary>
/// <param name="Steps">Its batches that are done.</param>
/// <param name="MeanLoss">The means of their loss terms.</param>
internal sealed record BegunEpoch(int Steps, IReadOnlyList<double> MeanLoss);
