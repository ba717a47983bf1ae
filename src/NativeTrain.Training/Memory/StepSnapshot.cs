using NativeTrain.Core;
using NativeTrain.Vision.Models;

namespace NativeTrain.Training;

/// <summary>
/// What a forward and backward pass changes before it is known to end: the running statistics and the gradients. Its
/// memory is taken at the start of a training, since it is needed when there is none to be had.
/// </summary>
internal sealed class StepSnapshot : IDisposable
{
    private readonly IBackend backend;
    private readonly Copies statistics, gradients;
    private readonly Replays replays;
    private bool hasGradients;

    /// <param name="backend">Where the model lives.</param>
    /// <param name="model">The model.</param>
    /// <param name="graphs">Whether the device may replay what is copied.</param>
    public StepSnapshot(IBackend backend, YoloModel model, bool graphs)
    {
        this.backend = backend;
        replays = new Replays(backend, graphs);
        var learned = model.Parameters.Select(p => p.Value).ToHashSet();
        statistics = new Copies(backend, [.. model.NamedTensors().Select(t => t.Tensor).Where(t => !learned.Contains(t))]);
        gradients = new Copies(backend, [.. model.Parameters.Select(p => p.Grad)]);
    }

    /// <param name="withGradients">Whether there are any: else they are zero.</param>
    public void Take(bool withGradients)
    {
        hasGradients = withGradients;
        replays.Run("statistics", statistics.Take);
        if (withGradients) replays.Run("gradients", gradients.Take);
    }

    /// <summary>Puts everything back as it was.</summary>
    public void Restore()
    {
        statistics.Restore();
        if (hasGradients) gradients.Restore();
        else foreach (var g in gradients.Of) backend.Zero(g); // by one call a GPU would want memory for a table of them
    }

    public void Dispose()
    {
        replays.Dispose();
        statistics.Dispose();
        gradients.Dispose();
    }

    /// <summary>Tensors and what they were: hundreds of small ones, so all are copied by one call.</summary>
    private sealed class Copies(IBackend backend, Tensor[] of) : IDisposable
    {
        private readonly Tensor[] copies = [.. of.Select(t => Tensor.Create(backend, t.Shape, t.Type))];

        public IReadOnlyList<Tensor> Of => of;
        public void Take() => backend.CopyAll(of, copies);
        public void Restore() => backend.CopyAll(copies, of);

        public void Dispose()
        {
            foreach (var copy in copies) copy.Dispose();
        }
    }
}
