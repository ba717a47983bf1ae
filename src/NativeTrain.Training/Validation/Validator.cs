using System.Diagnostics;
using NativeTrain.Core;
using NativeTrain.Vision.Data;

namespace NativeTrain.Training;

/// <summary>The val verb: measures a weights file on a part of a data set.</summary>
public static class Validator
{
    /// <summary>Validates into a run folder of its own.</summary>
    /// <param name="backend">Where to compute.</param>
    /// <param name="options">Of <see cref="Verb.Val"/>.</param>
    /// <param name="progress">Told of every batch; null: nobody.</param>
    /// <param name="cancellation">Looked at between batches.</param>
    /// <returns>What it found; null where it was cancelled.</returns>
    /// <exception cref="InputException">An option, the data set, the weights file or the disk is at fault.</exception>
    public static ValidationResult? Run(IBackend backend, TrainOptions options, ITrainingProgress? progress = null, CancellationToken cancellation = default) =>
        Run(backend, options, folder: null, opened: null, progress ?? SilentProgress.Instance, cancellation);

    /// <summary>Validates into a folder that exists (null: a new run folder) a data set that is open (null: the options' split is opened).</summary>
    internal static ValidationResult? Run(IBackend backend, TrainOptions options, string? folder, IImageSet? opened, ITrainingProgress progress, CancellationToken cancellation)
    {
        var clock = Stopwatch.StartNew();
        using var loaded = ModelSource.Load(backend, options.Model);
        options = loaded.AtItsImageSize(options, progress);
        var work = TaskWork.For(loaded.Model.Task, options);
        var data = work.OpenData(progress);
        if (options.SingleClass && data.Names.Count == 1 && loaded.Model.Classes > 1)
            throw new InputException($"single_cls=true: {options.Model} was trained for {loaded.Model.Classes} classes; leave single_cls out, or give a model that was trained with it");
        var names = loaded.NamesFrom(data.Names, options.Data);
        using var own = opened is null ? data.Open(options.DataSplit, backend) : null;
        var set = opened ?? own!;
        using var loader = data.ValLoader(set, options.Batch, options.Rect, backend);
        bool ownRun = folder is null;
        folder ??= RunFolder.Create(options, work.Task);
        if (ownRun)
        {
            foreach (string notice in work.Notices) progress.OnMessage(notice);
            progress.OnRunStart(new RunInfo(Verb.Val, folder, loaded.Model.Spec.Name, loaded.Model.ParameterCount, names, backend.Description,
                0, set.Count, 0, loader.Batches, options.Batch, options.ImageSize, "", work.LossNames, work.Metrics));
        }

        var measurement = work.Measure(names, folder);
        var result = new ValidationPass(backend, work, progress).Run(loaded.Model, loader, measurement, cancellation);
        if (result is not null)
        {
            measurement.Write(result);
            progress.OnValidated(result);
        }
        if (ownRun) progress.OnRunEnd(new RunEndInfo(Verb.Val, folder, null, clock.Elapsed));
        return result;
    }
}
