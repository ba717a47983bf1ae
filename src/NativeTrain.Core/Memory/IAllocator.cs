namespace NativeTrain.Core;

/// <summary>Hands out device memory and counts it: a training step must end with as many live bytes as it began.</summary>
public interface IAllocator
{
    /// <summary>Memory of at least <paramref name="bytes"/> bytes, 64-byte aligned, contents undefined.</summary>
    /// <exception cref="OutOfDeviceMemoryException">There is not so much memory, even after <see cref="Trim"/>.</exception>
    Storage Allocate(long bytes);
    /// <summary>Takes a block back; called by <see cref="Storage.Dispose"/>.</summary>
    void Free(Storage block);
    /// <summary>Bytes handed out and not yet freed.</summary>
    long LiveBytes { get; }
    /// <summary>Highest <see cref="LiveBytes"/> since <see cref="ResetPeak"/>.</summary>
    long PeakBytes { get; }
    /// <summary>Bytes taken from the system: the live ones and those kept for what comes next.</summary>
    long HeldBytes { get; }
    void ResetPeak();
    /// <summary>Gives memory that nothing lives in back to the system.</summary>
    void Trim();
}
