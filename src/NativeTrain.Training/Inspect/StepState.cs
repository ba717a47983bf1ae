using NativeTrain.Core;
using NativeTrain.Nn;
using NativeTrain.Vision.Models;

namespace NativeTrain.Training;

/// <summary>
/// All that a training step changes, held in host memory, so that the same step can be run again: once plain, once timed, once
/// with a look at its numbers.
/// </summary>
internal sealed class StepState
{
    private readonly IBackend backend;
    private readonly Optimizer optimizer;
    private readonly Ema ema;
    private readonly TrainingStep step;
    private readonly List<(Tensor Tensor, byte[] Bytes)> tensors;
    private readonly (long, IReadOnlyList<double>) optimizerCounts;
    private readonly (double, int, long)? scalerCounts;
    private readonly long updates, lastUpdate;

    public StepState(IBackend backend, YoloModel model, Optimizer optimizer, Ema ema, TrainingStep step)
    {
        this.backend = backend;
        this.optimizer = optimizer;
        this.ema = ema;
        this.step = step;
        tensors = [.. model.NamedTensors().Concat(optimizer.State).Concat(ema.Averages).Select(t => t.Tensor).Concat(model.Parameters.Select(p => p.Grad)).Select(t => (t, Bytes(t)))];
        optimizerCounts = optimizer.Counts;
        scalerCounts = step.Scaler?.Counts;
        updates = ema.Updates;
        lastUpdate = step.LastUpdate;
    }

    /// <summary>Puts everything back as it was.</summary>
    public void Restore()
    {
        foreach (var (tensor, bytes) in tensors) backend.Upload(bytes, tensor);
        optimizer.Counts = optimizerCounts;
        if (step.Scaler is { } scaler) scaler.Counts = scalerCounts!.Value;
        ema.Updates = updates;
        step.LastUpdate = lastUpdate;
    }

    private byte[] Bytes(Tensor t)
    {
        byte[] bytes = new byte[t.Bytes];
        backend.Download(t, bytes);
        return bytes;
    }
}
