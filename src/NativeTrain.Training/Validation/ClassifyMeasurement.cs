using NativeTrain.Core;
using NativeTrain.Core.Ops;
using NativeTrain.Vision.Data;
using NativeTrain.Vision.Metrics;
using NativeTrain.Vision.Models;

namespace NativeTrain.Training;

/// <summary>Counts how often the true class has the highest probability, or one of the five highest.</summary>
internal sealed class ClassifyMeasurement(IReadOnlyList<string> names, ClassifyFiles? files) : Measurement
{
    private readonly ClassificationMetrics metrics = new(names);

    public override void Add(Tape tape, HeadOutput output, ImageBatch batch)
    {
        var pictures = (ClassifyBatch)batch;
        float[] probabilities = tape.Backend.ToFloats(Softmax.Forward(tape, ((ClassifyOutput)output).Logits));
        for (int i = 0; i < batch.N; i++) metrics.Add(probabilities.AsSpan(i * names.Count, names.Count), pictures.Classes[i]);
        files?.Add(pictures, [.. probabilities.Chunk(names.Count)]);
    }

    public override ValidationResult Result(LossItems loss, int images, int objects, TimeSpan elapsed) =>
        new ClassifyValidation(metrics.Compute(), loss, images, objects, elapsed);

    public override void Write(ValidationResult result) => files?.Write((ClassifyValidation)result);
}
