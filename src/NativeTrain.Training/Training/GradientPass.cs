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
/// <param name="ranks">The processes that compute a batch together; null: this one alone.</param>
internal sealed class GradientPass(IBackend backend, YoloModel model, TaskWork work, Replays replays, DType precision = DType.F32, ITimeline? timeline = null, DataParallel? ranks = null)
{
    private readonly DataParallel ranks = ranks ?? DataParallel.Alone;

    /// <summary>Adds a batch's gradients.</summary>
    /// <param name="batch">Pictures, and what is true of them.</param>
    /// <param name="seed">What the gradients are multiplied by.</param>
    /// <param name="randomKey">What random ops draw from.</param>
    /// <param name="observer">Sees the kernels, which are then not replayed; null: nobody.</param>
    /// <param name="gradientsDone">Told of gradients that are complete, where the pass is computed as it is and not replayed.</param>
    /// <returns>The loss; where several processes compute the batch, what this one's images add to it.</returns>
    public LossItems Run(ImageBatch batch, float seed, ulong randomKey = 0, ITapeObserver? observer = null, Action<IReadOnlyList<Parameter>>? gradientsDone = null)
    {
        var share = ranks.ShareOf(batch);
        using var inputs = new BatchOnDevice(backend, batch, work.Truth(batch, model.Classes), work.LossNames.Count, seed * Weight(batch, share));
        if (observer is not null || share is not null && !backend.CanRecord) Compute(inputs, randomKey, observer, share, gradientsDone);
        else replays.Run(share is null ? inputs.Name : $"{inputs.Name} of {string.Join('+', share.Images)}", () => Compute(inputs, randomKey, null, share, null));
        var items = work.ReadItems(backend, inputs.Items);
        return share is not null && work.LossIsMean ? items with { Values = [.. items.Values.Select(v => v * share.Own / share.Whole)] } : items;
    }

    /// <summary>
    /// What the gradients of a part of a batch are multiplied by, to add up to the batch's. A mean over the part's images counts by their share. The
    /// other losses are images times a mean over something else, whose share they have been multiplied by (<see cref="LossShares"/>).
    /// </summary>
    private float Weight(ImageBatch batch, BatchShare? share)
    {
        if (share is null) return 1;
        return work.LossIsMean ? (float)share.Own / share.Whole : (float)share.Whole / batch.N;
    }

    private void Compute(BatchOnDevice inputs, ulong randomKey, ITapeObserver? observer, BatchShare? share, Action<IReadOnlyList<Parameter>>? gradientsDone)
    {
        using var tape = new Tape(backend) { Precision = precision, RandomKey = randomKey, Observer = observer, Share = share, GradientsDone = gradientsDone };
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
