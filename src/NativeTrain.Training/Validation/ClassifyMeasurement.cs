using System.Runtime.InteropServices;
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
    private readonly List<(float[] Probabilities, int[] Classes)> waiting = [];

    public override void Add(Tape tape, HeadOutput output, ImageBatch batch)
    {
        var pictures = (ClassifyBatch)batch;
        float[] probabilities = tape.Backend.ToFloats(Softmax.Forward(tape, ((ClassifyOutput)output).Logits));
        if (Defers) waiting.Add((probabilities, pictures.Classes));
        else Count(probabilities, pictures.Classes);
        files?.Add(pictures, [.. probabilities.Chunk(names.Count)]);
    }

    private void Count(float[] probabilities, int[] classes)
    {
        for (int i = 0; i < classes.Length; i++) metrics.Add(probabilities.AsSpan(i * names.Count, names.Count), classes[i]);
    }

    public override byte[] TakeFound()
    {
        int[] classes = [.. waiting.SelectMany(w => w.Classes)];
        float[] probabilities = [.. waiting.SelectMany(w => w.Probabilities)];
        waiting.Clear();
        return [.. MemoryMarshal.AsBytes(classes.AsSpan()), .. MemoryMarshal.AsBytes(probabilities.AsSpan())];
    }

    public override void Count(byte[] found)
    {
        ArgumentNullException.ThrowIfNull(found);
        int pictures = found.Length / (4 + 4 * names.Count);
        Count(MemoryMarshal.Cast<byte, float>(found.AsSpan(4 * pictures)).ToArray(), MemoryMarshal.Cast<byte, int>(found.AsSpan(0, 4 * pictures)).ToArray());
    }

    public override ValidationResult Result(LossItems loss, int images, int objects, TimeSpan elapsed) =>
        new ClassifyValidation(metrics.Compute(), loss, images, objects, elapsed);

    public override void Write(ValidationResult result) => files?.Write((ClassifyValidation)result);
}
