using NativeTrain.Core;
using NativeTrain.Vision.Data;
using NativeTrain.Vision.Models;

namespace NativeTrain.Training;

/// <summary>Compares what a model says of batch after batch with the truth, and writes the pictures of it where it was given a folder.</summary>
public abstract class Measurement
{
    /// <summary>Measures one batch; the tape is still open and is not recording.</summary>
    public abstract void Add(Tape tape, HeadOutput output, ImageBatch batch);

    /// <summary>Whether what <see cref="Add"/> finds waits to be taken instead of being counted: of several processes each looks at some batches, and all count all of them.</summary>
    public bool Defers { get; init; }

    /// <summary>What was found since the last call, where it waits.</summary>
    public abstract byte[] TakeFound();

    /// <summary>Counts what <see cref="TakeFound"/> gave, here or in another process.</summary>
    public abstract void Count(byte[] found);

    /// <summary>The figures of all batches.</summary>
    /// <param name="loss">Mean losses.</param>
    /// <param name="images">Images seen.</param>
    /// <param name="objects">True objects seen.</param>
    /// <param name="elapsed">Time it took.</param>
    public abstract ValidationResult Result(LossItems loss, int images, int objects, TimeSpan elapsed);

    /// <summary>Writes what stands at the end of a validation: curves, tables, JSON. Nothing where there is no folder.</summary>
    public abstract void Write(ValidationResult result);
}
