using NativeTrain.Core;
using NativeTrain.Vision.Data;
using NativeTrain.Vision.Models;

namespace NativeTrain.Training;

/// <summary>
/// Forward, loss and backward of one (micro-)batch: its gradients are added to the parameters'. All that differs from batch
/// to batch of a shape lies in tensors (<see cref="BatchOnDevice"/>), so that a device can record the pass once and
/// replay it; the loss is read when all of it is done.
/// </summary>
/// <param name="backend">Where the model lives.</param>
/// <param name="model">The model.</param>
/// <param name="work">The model's task, for its loss.</param>
/// <param name="replays">Has the device repeat what was recorded.</param>
/// <param name="precision">Element type of the feature maps.</param>
/// <param name="timeline">Told of the pass's parts, where they are not replayed; null: nobody is.</param>
internal sealed class GradientPass(IBackend backend, YoloModel model, TaskWork work, Replays replays, DType precision = DType.F32, ITimeline? timeline = null)
{
    /// <summary>Adds a batch's gradients.</summary>
    /// <param name="batch">Pictures, and what is true of them.</param>
    /// <param name="seed">What the gradients are multiplied by.</param>
    /// <param name="randomKey">What random ops draw from.</param>
    /// <param name="observer">Sees the kernels, which are then not replayed; null: nobody.</param>
    /// <returns>The loss.</returns>
    public LossItems Run(ImageBatch batch, float seed, ulong randomKey = 0, ITapeObserver? observer = null)
    {
        using var inputs = new BatchOnDevice(backend, batch, work.Truth(batch, model.Classes), work.LossNames.Count, seed);
        if (observer is not null) Compute(inputs, randomKey, observer);
        else replays.Run(inputs.Name, () => Compute(inputs, randomKey, null));
        return work.ReadItems(backend, inputs.Items);
    }

    private void Compute(BatchOnDevice inputs, ulong randomKey, ITapeObserver? observer)
    {
        using var tape = new Tape(backend) { Precision = precision, RandomKey = randomKey, Observer = observer };
        HeadOutput output;
        TaskLoss loss;
        using (timeline.Span("step", "forward")) output = model.Forward(tape, NetworkInput.From(tape, inputs.Pixels));
        using (timeline.Span("step", "loss"))
        using (tape.Layer("loss"))
            loss = work.Loss(tape, output, inputs.Truth);
        using (timeline.Span("step", "backward"))
        {
            backend.Copy(loss.Items, inputs.Items, accumulate: false);
            tape.Backward(loss.Loss, inputs.Seed);
        }
    }
}
