using NativeTrain.Vision.Images;

namespace NativeTrain.Vision.Data;

/// <summary>cache=ram: every image decoded once, into one block of memory.</summary>
internal sealed class RamStore : IPixelStore
{
    private readonly PixelMemory memory;

    private RamStore(PixelMemory memory) => this.memory = memory;

    /// <summary>Decodes all images; null, and a line that says why, where the memory is not there.</summary>
    public static RamStore? Open(IReadOnlyList<PixelSource> sources, string split, CacheOptions options, string?[] faults)
    {
        var layout = new PixelLayout(sources);
        // The training itself needs memory beside the pixels: half as much again must stay free.
        long needed = layout.Bytes + layout.Bytes / 2, free = options.FreeMemory ?? new Core.HostMemory().Available;
        if (needed > free || Allocate(layout.Bytes) is not { } block)
        {
            options.Say?.Invoke($"{split}: the pixels take {PixelLayout.Size(layout.Bytes)}, with half as much in reserve {PixelLayout.Size(needed)}, and {PixelLayout.Size(free)} of memory are free: going on as with cache=false");
            return null;
        }
        var memory = new PixelMemory(block, 0, sources, layout);
        Decoding.InOrder(sources, faults, options.Say, $"{split}: decoding {sources.Count} images into {PixelLayout.Size(layout.Bytes)} of memory",
            (i, image) => image.Pixels.CopyTo(memory.Span(i)));
        return new RamStore(memory);
    }

    private static PageMemory? Allocate(long bytes)
    {
        try
        {
            return new PageMemory(bytes);
        }
        catch (OutOfMemoryException)
        {
            return null;
        }
    }

    public RgbView Load(int index) => memory.View(index);

    public void Dispose() => memory.Dispose();
}
