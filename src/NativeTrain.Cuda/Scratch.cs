namespace NativeTrain.Cuda;

/// <summary>Cuts an op's scratch memory into parts, each 256-byte aligned. With no memory yet it finds out how much is needed.</summary>
internal sealed class Scratch(nint start = 0)
{
    private const int Alignment = 256;

    /// <summary>What has been taken so far.</summary>
    public long Bytes { get; private set; }

    /// <summary>Address of the next part.</summary>
    public nint Take(long bytes)
    {
        nint part = start + (nint)Bytes;
        Bytes += Aligned(bytes);
        return part;
    }

    /// <summary>What a part of so many bytes takes.</summary>
    public static long Aligned(long bytes) => RoundUp(bytes, Alignment);
}
