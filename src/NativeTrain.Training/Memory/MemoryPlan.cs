using NativeTrain.Core;

namespace NativeTrain.Training;

/// <summary>What a training with batches of a size takes of memory, in bytes.</summary>
/// <param name="Batch">Images a batch.</param>
/// <param name="Fixed">Tensors that live throughout: weights, gradients, their copies, moments, average.</param>
/// <param name="Peak">Most tensor bytes that live at once: <see cref="IAllocator.PeakBytes"/> of the training, to the byte for the batch with the most objects.</param>
/// <param name="Held">What the allocator takes from the system for them.</param>
/// <param name="Loaders">Batches of pixels and masks on their way, and what they are made on.</param>
/// <param name="Host">What validation reads back, the masks it makes, and the file of the best weights, which is read at the end.</param>
/// <param name="Scratch">Work memory of the kernels, at most.</param>
/// <param name="Runtime">What the program grows by while it trains: compiled code, tables, what the collector has not yet collected.</param>
public sealed record MemoryPlan(int Batch, long Fixed, long Peak, long Held, long Loaders, long Host, long Scratch, long Runtime)
{
    /// <summary>All of it.</summary>
    public long Total => OnDevice + Loaders + Host + Runtime;

    /// <summary>What a device with memory of its own has of it.</summary>
    public long OnDevice => Held + Scratch;

    /// <summary>What of it is taken from the memory that a device has left.</summary>
    public long Of(MemoryLeft memory) => memory.OfHost ? Total : OnDevice;

    /// <summary>The plan, a line each.</summary>
    /// <param name="asked">The option, "batch=-1".</param>
    /// <param name="share">The share of memory asked for.</param>
    /// <param name="free">What the device has left.</param>
    /// <param name="resident">Bytes that the process has before it trains.</param>
    public IEnumerable<string> Lines(string asked, double share, MemoryLeft free, long resident) =>
    [
        $"{asked}: {Counted.Of(Batch, "image")} a batch; {100 * share:g3} % of the {(free.OfHost ? "" : "device's ")}free memory are {Size((long)(share * free.Bytes))}, the training takes {Size(Of(free))}",
        $"  tensors: {Size(Peak)} at most ({Size(Fixed)} of the model and its optimizer, {Size((Peak - Fixed) / Batch)} an image), {Size(Held)} taken for them",
        $"  loaders {Size(Loaders)}, validation {Size(Host)}, kernels {Size(Scratch)}, runtime {Size(Runtime)}",
        $"  predicted peak of the process: {Size(resident + (free.OfHost ? Total : Total - OnDevice))}",
    ];

    internal static string Size(long bytes) => bytes >= 1L << 30
        ? FormattableString.Invariant($"{bytes / 1073741824.0:F2} GiB")
        : FormattableString.Invariant($"{bytes / 1048576.0:F1} MiB");
}
