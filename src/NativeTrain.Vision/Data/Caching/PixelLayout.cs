namespace NativeTrain.Vision.Data;

/// <summary>Where each image's pixels stand in one stretch of memory: in order, each at a multiple of 64 bytes (a cache line).</summary>
internal sealed class PixelLayout
{
    private const int Alignment = 64;
    private readonly long[] offsets;

    public PixelLayout(IReadOnlyList<PixelSource> sources)
    {
        offsets = new long[sources.Count];
        for (int i = 0; i < sources.Count; i++)
        {
            offsets[i] = Bytes;
            Bytes += (sources[i].Bytes + Alignment - 1) / Alignment * Alignment;
        }
    }

    /// <summary>The whole stretch.</summary>
    public long Bytes { get; }

    /// <summary>The first byte of an image.</summary>
    public long Offset(int index) => offsets[index];

    /// <summary>A number of bytes for people.</summary>
    public static string Size(long bytes) => bytes >= 1L << 30
        ? FormattableString.Invariant($"{bytes / (double)(1L << 30):F1} GiB")
        : FormattableString.Invariant($"{bytes / (double)(1L << 20):F1} MiB");
}
