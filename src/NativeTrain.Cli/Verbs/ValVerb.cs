using NativeTrain.Core;
using NativeTrain.Training;

namespace NativeTrain.Cli.Verbs;

/// <summary>See <see cref="Validator"/>.</summary>
internal sealed class ValVerb() : RunVerb(Verb.Val)
{
    public override string Summary => "measure a model on a part of a data set";
    public override string Usage => "val model=WEIGHTS data=DATA.yaml|FOLDER [split=val] [json=FILE] …";

    protected override void Run(IBackend backend, TrainOptions options, ITrainingProgress progress, CancellationToken stop) =>
        Validator.Run(backend, options, progress, stop);
}
