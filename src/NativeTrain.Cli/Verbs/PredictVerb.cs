using NativeTrain.Core;
using NativeTrain.Training;

namespace NativeTrain.Cli.Verbs;

/// <summary>See <see cref="PredictionRun"/>.</summary>
internal sealed class PredictVerb() : RunVerb(Verb.Predict)
{
    public override string Summary => "find objects on pictures, their masks, or name whole pictures";
    public override string Usage => "predict model=WEIGHTS source=PICTURES [conf=0.25] …";

    protected override void Run(IBackend backend, TrainOptions options, ITrainingProgress progress, CancellationToken stop) =>
        PredictionRun.Run(backend, options, progress, stop);
}
