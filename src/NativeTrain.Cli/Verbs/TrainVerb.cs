using NativeTrain.Core;
using NativeTrain.Training;

namespace NativeTrain.Cli.Verbs;

/// <summary>See <see cref="Trainer"/>.</summary>
internal sealed class TrainVerb() : RunVerb(Verb.Train)
{
    public override string Summary => "train a model";
    public override string Usage => "train model=yolo11n.yaml|yolo11n-seg.yaml|yolo11n-cls.yaml|WEIGHTS data=DATA.yaml|FOLDER [epochs=100] [imgsz=640] [batch=16] …";

    protected override void Run(IBackend backend, TrainOptions options, ITrainingProgress progress, CancellationToken stop) =>
        Trainer.Run(backend, options, progress, stop);
}
