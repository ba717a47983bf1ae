using NativeTrain.Core;

namespace NativeTrain.Training;

/// <summary>
/// What a run tells of itself while it works. All calls come from the thread that called Run, in order; each
/// has an empty default, so a display takes only what it shows.
/// </summary>
public interface ITrainingProgress
{
    /// <summary>Once, before the first step (train, val and predict).</summary>
    void OnRunStart(RunInfo info) { }

    /// <summary>After each training step.</summary>
    void OnStep(StepInfo step) { }

    /// <summary>After each validation batch.</summary>
    void OnValStep(ValStepInfo step) { }

    /// <summary>After each epoch's validation and checkpoint.</summary>
    void OnEpochEnd(EpochInfo epoch) { }

    /// <summary>After the validation of the val verb, and after the one of the best weights that ends a training.</summary>
    void OnValidated(ValidationResult result) { }

    /// <summary>After each picture of predict.</summary>
    void OnPicture(PictureInfo picture) { }

    /// <summary>One line to show: a warning, a skipped file, a decision taken.</summary>
    void OnMessage(string message) { }

    /// <summary>Once, at the end of a run that did not fail, interrupted ones too.</summary>
    void OnRunEnd(RunEndInfo end) { }

    /// <summary>Where the run notes what its threads do when; null: nowhere. Unlike the calls above, it is called from every thread.</summary>
    ITimeline? Timeline => null;
}

/// <summary>Shows nothing.</summary>
public sealed class SilentProgress : ITrainingProgress
{
    public static SilentProgress Instance { get; } = new();
}

/// <summary>The facts of a run that is about to begin.</summary>
/// <param name="Verb">train, val or predict.</param>
/// <param name="Folder">The run's folder (full path), or null where it is not made yet (predict) or nothing is written.</param>
/// <param name="Model">"yolo11n", …</param>
/// <param name="Parameters">Learned numbers in the model.</param>
/// <param name="Classes">Class names.</param>
/// <param name="Device">What computes: "cpu with 2 threads", …</param>
/// <param name="TrainImages">Images in the training set (0 outside train).</param>
/// <param name="ValImages">Images to validate on, or to predict.</param>
/// <param name="Epochs">Epochs to train (0 outside train).</param>
/// <param name="Steps">Batches in an epoch of train, or in the whole run of val.</param>
/// <param name="Batch">Images a batch.</param>
/// <param name="ImageSize">Input size in pixels.</param>
/// <param name="Optimizer">The optimizer chosen, with its figures, in words; empty outside train.</param>
/// <param name="LossNames">The terms of the task's loss.</param>
/// <param name="Metrics">The figures of the task's validation.</param>
public sealed record RunInfo(Verb Verb, string? Folder, string Model, long Parameters, IReadOnlyList<string> Classes, string Device,
    int TrainImages, int ValImages, int Epochs, int Steps, int Batch, int ImageSize, string Optimizer,
    IReadOnlyList<string> LossNames, IReadOnlyList<MetricName> Metrics);

/// <summary>One training step just done. Epochs and steps count from 1.</summary>
/// <param name="Epoch">This epoch.</param>
/// <param name="Epochs">All epochs.</param>
/// <param name="Step">This step of the epoch.</param>
/// <param name="Steps">Steps of an epoch.</param>
/// <param name="Loss">Mean losses of the epoch so far.</param>
/// <param name="StepLoss">This step's losses.</param>
/// <param name="GradNorm">Norm of all gradients before clipping, where this step ended an accumulation; else null.</param>
/// <param name="Images">Images of this step.</param>
/// <param name="Objects">True objects of this step.</param>
/// <param name="Height">Height of the batch in pixels.</param>
/// <param name="Width">Width of the batch in pixels.</param>
/// <param name="LiveBytes">Tensor memory in use now that the step's tape is gone: equal from step to step.</param>
/// <param name="PeakBytes">Most tensor memory in use at once during the step.</param>
/// <param name="ResidentBytes">Memory of the process.</param>
/// <param name="Elapsed">Since the start of this epoch.</param>
/// <param name="ImagesPerSecond">Mean of this epoch, loading included.</param>
/// <param name="WaitShare">Part of this epoch's time (0…1) in which the training waited for its loader.</param>
/// <param name="Remaining">Estimated time to the end of the training, validations included.</param>
public sealed record StepInfo(int Epoch, int Epochs, int Step, int Steps, LossItems Loss, LossItems StepLoss, double? GradNorm,
    int Images, int Objects, int Height, int Width, long LiveBytes, long PeakBytes, long ResidentBytes,
    TimeSpan Elapsed, double ImagesPerSecond, double WaitShare, TimeSpan Remaining);

/// <summary>One validation batch just done, of <paramref name="Steps"/>; it counts from 1.</summary>
public sealed record ValStepInfo(int Step, int Steps, int Images, TimeSpan Elapsed);

/// <summary>One epoch just done.</summary>
/// <param name="Epoch">Its number, from 1.</param>
/// <param name="Epochs">All epochs.</param>
/// <param name="Loss">Mean training losses.</param>
/// <param name="Validation">What validation found, or null where the epoch had none.</param>
/// <param name="Best">Whether it is the best epoch so far.</param>
/// <param name="Elapsed">Time of the epoch, validation included.</param>
public sealed record EpochInfo(int Epoch, int Epochs, LossItems Loss, ValidationResult? Validation, bool Best, TimeSpan Elapsed);

/// <summary>One predicted picture.</summary>
/// <param name="Number">Its number, from 1.</param>
/// <param name="Count">All pictures.</param>
/// <param name="Path">The file.</param>
/// <param name="Height">Height of the network's input.</param>
/// <param name="Width">Width of the network's input.</param>
/// <param name="Found">How many objects of which class, in words ("3 RBC, 1 WBC"; "nothing").</param>
/// <param name="Elapsed">Time for this picture, drawing included.</param>
public sealed record PictureInfo(int Number, int Count, string Path, int Height, int Width, string Found, TimeSpan Elapsed);

/// <summary>The end of a run.</summary>
/// <param name="Verb">train, val or predict.</param>
/// <param name="Folder">Where the results are, or null.</param>
/// <param name="InterruptedAtEpoch">The epoch that was cut off, or null where the run came to its end.</param>
/// <param name="Elapsed">Wall-clock time.</param>
public sealed record RunEndInfo(Verb Verb, string? Folder, int? InterruptedAtEpoch, TimeSpan Elapsed);
