using NativeTrain.Core;
using NativeTrain.Vision.Data;
using NativeTrain.Vision.Models;

namespace NativeTrain.Training;

/// <summary>Compares what a model says of batch after batch with the truth, and writes the pictures of it where it was given a folder.</summary>
public abstract class Measurement
{
    /// <summary>Measures one batch; the tape is still open and is not recording.</summary>
    public abstract void Add(Tape tape, HeadOutput output, ImageBatch batch);

    /// <summary>The figures of all batches.</summary>
    /// <param name="loss">Mean losses.</param>
    /// <param name="images">Images seen.</param>
    /// <param name="objects">True objects seen.</param>
    /// <param name="elapsed">Time it took.</param>
    public abstract ValidationResult Result(LossItems loss, int images, int objects, TimeSpan elapsed);

    /// <summary>Writes what stands at the end of a validation: curves, tables, JSON. Nothing where there is no folder.</summary>
    public abstract void Write(ValidationResult result);
}
