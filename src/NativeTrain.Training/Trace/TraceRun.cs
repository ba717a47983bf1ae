using NativeTrain.Core;
using NativeTrain.Vision.Data;

namespace NativeTrain.Training;

/// <summary>What a trace holds.</summary>
/// <param name="Model">"yolo11n".</param>
/// <param name="Options">Of the training.</param>
/// <param name="Device">What computed.</param>
/// <param name="Steps">Start and end of each traced step in seconds of the log.</param>
/// <param name="Log">What happened.</param>
/// <param name="ByDevice">Whether the device told when it did what.</param>
public sealed record TraceResult(string Model, TrainOptions Options, string Device, IReadOnlyList<(double Start, double End)> Steps, TraceLog Log, bool ByDevice)
{
    public double Start => Steps[0].Start;
    public double End => Steps[^1].End;

    /// <summary>The spans of the traced steps, and what other threads did meanwhile.</summary>
    public IReadOnlyList<TraceEvent> Events => Log.Events(Start, End);
}

/// <summary>Runs the first steps of a training and notes what every thread, and the device, does when.</summary>
public static class TraceRun
{
    /// <param name="backend">Where to compute.</param>
    /// <param name="options">Of a training; nothing is written.</param>
    /// <param name="steps">Steps to trace.</param>
    /// <param name="skip">Steps before them: the first ones build what is kept for later.</param>
    /// <param name="progress">Told of what is read.</param>
    /// <param name="cancellation">Ends the run after the current step.</param>
    /// <exception cref="InputException">An option or the data set is at fault, or the training diverges.</exception>
    public static TraceResult Run(IBackend backend, TrainOptions options, int steps, int skip, ITrainingProgress progress, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(backend);
        ArgumentNullException.ThrowIfNull(options);
        if (options.Resume is not null) throw new InputException("trace starts anew; give model= instead of resume=");
        var log = new TraceLog();
        using var traced = new TracedBackend(backend, log);
        using var setup = new TrainingSetup(traced, options, resumed: null, new TracedProgress(progress, log));
        setup.Step.Observer = traced;
        foreach (string notice in setup.Work.Notices) progress.OnMessage(notice);
        if (options.Cache == CacheMode.None)
            progress.OnMessage("cache=false: here each picture is decoded whenever it is asked for, as in a training whose set is larger than its memory; cache=ram shows a training that decodes it once");
        var clock = backend as IDeviceClock;
        var spans = new List<(double, double)>();
        double started = 0;
        using var batches = EndlessBatches.Of(epoch => setup.Batches(epoch), traced).GetEnumerator();
        for (int i = 0; i < skip + steps; i++)
        {
            cancellation.ThrowIfCancellationRequested();
            if (i == skip)
            {
                clock?.StartTiming();
                started = log.Now;
            }
            double start = log.Now;
            using (log.Span("step", "step", i)) Step(setup, batches, log);
            if (i >= skip) spans.Add((start, log.Now));
        }
        if (clock is not null)
        {
            var work = clock.StopTiming();
            log.Add(work, started);
            // The device may have ended after the host. (Reading what it noted takes time of its own, which is no part of the step.)
            spans[^1] = (spans[^1].Item1, work.Select(s => started + s.End).Append(spans[^1].Item2).Max());
        }
        return new TraceResult(setup.Model.Spec.Name, setup.Options, backend.Description, spans, log, clock is not null);
    }

    private static void Step(TrainingSetup setup, IEnumerator<(ImageBatch Batch, int Epoch, int Step)> batches, TraceLog log)
    {
        using (log.Span("step", "wait for batch")) batches.MoveNext();
        var (batch, epoch, number) = batches.Current;
        using (batch) setup.Step.Run(batch, epoch, number);
    }

    /// <summary>Shows what another display shows, and has a timeline.</summary>
    private sealed class TracedProgress(ITrainingProgress shown, ITimeline timeline) : ITrainingProgress
    {
        public ITimeline Timeline => timeline;
        public void OnMessage(string message) => shown.OnMessage(message);
    }
}
