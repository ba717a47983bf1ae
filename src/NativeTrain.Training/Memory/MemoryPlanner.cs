using NativeTrain.Core;
using NativeTrain.Nn;
using NativeTrain.Vision.Data;
using NativeTrain.Vision.Models;

namespace NativeTrain.Training;

/// <summary>Memory of tensors, in bytes.</summary>
/// <param name="Peak">Most that live at once.</param>
/// <param name="Held">What the allocator takes from the system for it.</param>
/// <param name="Read">Bytes of host memory that the measurement takes: what it reads back, and masks.</param>
public readonly record struct TensorMemory(long Peak, long Held, long Read = 0);

/// <summary>
/// Plans the memory of a training by walking it on a backend that computes nothing, with the very code that will train
/// and the allocator's own rules: model, optimizer, average; a step forward and back; a validation batch. What it says of
/// the tensors is exact.
/// </summary>
public sealed class MemoryPlanner : IDisposable
{
    private readonly MetaBackend meta = new();
    private readonly TaskWork work;
    private readonly YoloModel model;
    private readonly Optimizer optimizer;
    private readonly Ema ema;
    private readonly TrainingStep step;

    /// <param name="work">The task, under the training's options.</param>
    /// <param name="spec">The model's graph.</param>
    /// <param name="classes">Number of classes.</param>
    /// <param name="recipe">Chooses the optimizer.</param>
    /// <param name="precision">Element type of feature maps while training.</param>
    public MemoryPlanner(TaskWork work, YoloSpec spec, int classes, Recipe recipe, DType precision = DType.F32)
    {
        ArgumentNullException.ThrowIfNull(recipe);
        this.work = work;
        model = YoloModel.Create(meta, spec, classes);
        optimizer = recipe.CreateOptimizer(meta, model.Parameters);
        ema = new Ema(meta, model.NamedTensors());
        step = new TrainingStep(meta, model, optimizer, ema, recipe, work, stepsPerEpoch: 1, precision: precision);
        Fixed = meta.Allocator.LiveBytes;
    }

    /// <summary>Bytes that live from the start to the end of a training: weights, gradients and what goes with them.</summary>
    public long Fixed { get; }

    /// <summary>Bytes of a file of the model's weights.</summary>
    public long WeightBytes => model.NamedTensors().Sum(t => t.Tensor.Bytes);

    /// <summary>Elements of the largest weights.</summary>
    public long LargestWeights => model.Parameters.Max(p => p.Value.Count);

    /// <summary>A training step.</summary>
    /// <param name="n">Images.</param>
    /// <param name="h">Height in pixels.</param>
    /// <param name="w">Width in pixels.</param>
    /// <param name="objects">True objects in the batch.</param>
    public TensorMemory Step(int n, int h, int w, int objects) => Measure(() => { step.Run(work.Blank(n, h, w, objects), 0, 0); return 0; });

    /// <summary>A validation batch of the model that is trained.</summary>
    /// <inheritdoc cref="Step"/>
    public TensorMemory Validation(int n, int h, int w, int objects) => Measure(() => Validate(model, n, h, w, objects));

    /// <summary>A validation batch of a second model, which is read from the best weights at the end.</summary>
    /// <inheritdoc cref="Step"/>
    public TensorMemory FinalValidation(int n, int h, int w, int objects) => Measure(() =>
    {
        using var best = YoloModel.Create(meta, model.Spec, model.Classes);
        return Validate(best, n, h, w, objects);
    });

    private long Validate(YoloModel validated, int n, int h, int w, int objects)
    {
        using var tape = new Tape(meta, record: false, training: false);
        var batch = work.Blank(n, h, w, objects);
        var output = validated.Forward(tape, NetworkInput.From(tape, batch));
        work.Loss(tape, output, batch);
        return work.MeasuredBytes(tape, output);
    }

    private TensorMemory Measure(Func<long> walk)
    {
        meta.Allocator.Trim();
        meta.Allocator.ResetPeak();
        long read = walk();
        return new TensorMemory(meta.Allocator.PeakBytes, meta.Allocator.HeldBytes, read);
    }

    public void Dispose()
    {
        step.Dispose();
        ema.Dispose();
        optimizer.Dispose();
        model.Dispose();
        meta.Dispose();
    }
}
