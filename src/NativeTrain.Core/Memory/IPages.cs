namespace NativeTrain.Core;

/// <summary>One long range of device addresses, of which any part can be given memory and be left without it again.</summary>
public interface IPages
{
    /// <summary>First address.</summary>
    nint Start { get; }

    /// <summary>Length of the range, many times what will ever be used.</summary>
    long Bytes { get; }

    /// <summary>Puts memory behind [offset, offset + bytes); contents undefined.</summary>
    /// <exception cref="OutOfDeviceMemoryException">There is not so much.</exception>
    void Commit(long offset, long bytes);

    /// <summary>Gives the memory behind [offset, offset + bytes) back to the system.</summary>
    void Release(long offset, long bytes);
}

/// <summary>Addresses without memory, for a backend that computes nothing: nobody may follow them, and whoever does is stopped by the processor.</summary>
public sealed class NoPages : IPages
{
    public nint Start => nint.MinValue; // not a canonical address of any 64-bit machine
    public long Bytes => 1L << 48;
    public void Commit(long offset, long bytes) { }
    public void Release(long offset, long bytes) { }
}
