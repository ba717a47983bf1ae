using NativeTrain.Core;
using NativeTrain.Vision.Images;

namespace NativeTrain.Vision.Data;

/// <summary>cache=ram: every image decoded once, into memory of the device's own kind where the set asks for it.</summary>
internal sealed class RamStore : IPixelStore
{
    private readonly PixelBlocks pixels;

    private RamStore(PixelBlocks pixels) => this.pixels = pixels;

    /// <summary>Decodes all images; null, and a line that says why, where the memory is not there.</summary>
    public static RamStore? Open(IReadOnlyList<PixelSource> sources, string split, CacheOptions options, string?[] faults)
    {
        long bytes = sources.Sum(s => s.Bytes);
        // The training itself needs memory beside the pixels: half as much again must stay free.
        long needed = bytes + bytes / 2, free = options.FreeMemory ?? new HostMemory().Available;
        if (needed > free || Allocate(sources, split, options) is not { } pixels)
        {
            options.Say?.Invoke($"{split}: the pixels take {PixelLayout.Size(bytes)}, with half as much in reserve {PixelLayout.Size(needed)}, and {PixelLayout.Size(free)} of memory are free: going on as with cache=false");
            return null;
        }
        try
        {
            Decoding.InOrder(sources, faults, options.Say, $"{split}: decoding {sources.Count} images into {PixelLayout.Size(bytes)} of memory",
                (i, image) => image.Pixels.CopyTo(pixels.Bytes(i).Span));
        }
        catch
        {
            pixels.Dispose();
            throw;
        }
        return new RamStore(pixels);
    }

    /// <summary>Memory of <see cref="CacheOptions.Memory"/> as far as that goes, then ordinary memory; null: there is not so much of either.</summary>
    private static PixelBlocks? Allocate(IReadOnlyList<PixelSource> sources, string split, CacheOptions options)
    {
        var own = options.Memory;
        try
        {
            return new PixelBlocks(sources, Block);
        }
        catch (OutOfMemoryException)
        {
            return null;
        }

        HostBlock Block(int bytes)
        {
            try
            {
                if (own is not null) return own(bytes);
            }
            catch (OutOfMemoryException e)
            {
                own = null;
                options.Say?.Invoke($"{split}: {OneLine.Of(e.Message)}: the rest of the pixels lies in ordinary memory, from which a batch is copied once more on its way to the device");
            }
            return HostBlock.OfPages(bytes);
        }
    }

    public RgbView Load(int index) => pixels.View(index);

    public Memory<byte>? Batch(IReadOnlyList<int> indices, int height, int width) => pixels.Bytes(indices, height, width);

    public void Dispose() => pixels.Dispose();
}
