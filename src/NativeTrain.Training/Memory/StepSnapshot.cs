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
    private readonly List<(Tensor Of, Tensor Copy)> statistics, gradients;
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
        statistics = [.. model.NamedTensors().Select(t => t.Tensor).Where(t => !learned.Contains(t)).Select(t => (t, Tensor.Create(backend, t.Shape, t.Type)))];
        gradients = [.. model.Parameters.Select(p => (p.Grad, Tensor.Create(backend, p.Grad.Shape, p.Grad.Type)))];
    }

    /// <param name="withGradients">Whether there are any: else they are zero.</param>
    public void Take(bool withGradients)
    {
        hasGradients = withGradients;
        replays.Run("statistics", () => Copy(statistics));
        if (withGradients) replays.Run("gradients", () => Copy(gradients));
    }

    /// <summary>Puts everything back as it was.</summary>
    public void Restore()
    {
        foreach (var (of, copy) in statistics) backend.Copy(copy, of, accumulate: false);
        foreach (var (of, copy) in gradients)
        {
            if (hasGradients) backend.Copy(copy, of, accumulate: false);
            else backend.Zero(of);
        }
    }

    private void Copy(List<(Tensor Of, Tensor Copy)> tensors)
    {
        foreach (var (of, copy) in tensors) backend.Copy(of, copy, accumulate: false);
    }

    public void Dispose()
    {
        replays.Dispose();
        foreach (var (_, copy) in statistics.Concat(gradients)) copy.Dispose();
    }
}
