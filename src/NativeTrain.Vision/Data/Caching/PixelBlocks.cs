using NativeTrain.Core;
using NativeTrain.Vision.Images;

namespace NativeTrain.Vision.Data;

/// <summary>
/// The images of a set in blocks of host memory: one behind the other, each at a multiple of 64 bytes (a cache line), none in
/// two blocks. A block has at most 1 GiB where an image does not need more: what refuses a part need not refuse the whole.
/// </summary>
internal sealed class PixelBlocks : IDisposable
{
    private const int Alignment = 64;
    private const long MostBytes = 1L << 30;

    private readonly IReadOnlyList<PixelSource> sources;
    private readonly (int Block, int Offset)[] places;
    private readonly List<HostBlock> blocks = [];

    /// <param name="sources">The images.</param>
    /// <param name="allocate">Makes a block of so many bytes.</param>
    /// <exception cref="OutOfMemoryException">There is not so much memory; what was allocated is freed again.</exception>
    public PixelBlocks(IReadOnlyList<PixelSource> sources, Func<int, HostBlock> allocate)
    {
        this.sources = sources;
        places = new (int, int)[sources.Count];
        var sizes = new List<int>();
        long used = MostBytes;
        for (int i = 0; i < sources.Count; i++)
        {
            long start = (used + Alignment - 1) / Alignment * Alignment;
            if (start + sources[i].Bytes > MostBytes)
            {
                start = 0;
                sizes.Add(0);
            }
            places[i] = (sizes.Count - 1, (int)start);
            used = start + sources[i].Bytes;
            sizes[^1] = checked((int)used);
        }
        try
        {
            foreach (int size in sizes) blocks.Add(allocate(size));
        }
        catch (OutOfMemoryException)
        {
            Dispose();
            throw;
        }
    }

    public RgbView View(int index) => new(Bytes(index).Span, sources[index].Height, sources[index].Width);

    /// <summary>The bytes of an image.</summary>
    public Memory<byte> Bytes(int index) => blocks[places[index].Block].Memory.Slice(places[index].Offset, (int)sources[index].Bytes);

    /// <summary>The bytes of several images, where each has this shape and begins where the one before ends; null elsewhere.</summary>
    public Memory<byte>? Bytes(IReadOnlyList<int> indices, int height, int width)
    {
        var (block, offset) = places[indices[0]];
        int bytes = 0;
        foreach (int i in indices)
        {
            if (sources[i].Height != height || sources[i].Width != width || places[i] != (block, offset + bytes)) return null;
            bytes += (int)sources[i].Bytes;
        }
        return blocks[block].Memory.Slice(offset, bytes);
    }

    public void Dispose()
    {
        foreach (IDisposable block in blocks) block.Dispose();
    }
}
