using System.Diagnostics;
using NativeTrain.Core;
using NativeTrain.Vision.Images;

namespace NativeTrain.Vision.Data;

/// <summary>Decodes all images of a set, on all cores.</summary>
internal static class Decoding
{
    private static readonly TimeSpan TellEvery = TimeSpan.FromSeconds(10);

    /// <summary>
    /// Hands the images to <paramref name="take"/> in their order, on the caller's thread; a few at a time are in memory.
    /// </summary>
    /// <param name="sources">The images.</param>
    /// <param name="faults">Receives, at an image's place, why it cannot be decoded; such an image is not handed over.</param>
    /// <param name="say">Receives a line at the start and, where it takes long, how far it is.</param>
    /// <param name="doing">What is done, for these lines.</param>
    /// <param name="take">Takes an image and its index.</param>
    public static void InOrder(IReadOnlyList<PixelSource> sources, string?[] faults, Action<string>? say, string doing, Action<int, RgbImage> take)
    {
        say?.Invoke(doing);
        var images = new RgbImage?[4 * Environment.ProcessorCount];
        var clock = Stopwatch.StartNew();
        for (int first = 0; first < sources.Count; first += images.Length)
        {
            int count = Math.Min(images.Length, sources.Count - first);
            Parallel.For(0, count, k => images[k] = Decode(sources[first + k], ref faults[first + k]));
            for (int k = 0; k < count; k++)
                if (images[k] is { } image) take(first + k, image);
            if (clock.Elapsed < TellEvery) continue;
            say?.Invoke($"{doing}: {100L * (first + count) / sources.Count} %");
            clock.Restart();
        }
    }

    /// <summary>The image, or null and the fault.</summary>
    public static RgbImage? Decode(PixelSource source, ref string? fault)
    {
        try
        {
            return source.Decode();
        }
        catch (InputException e)
        {
            fault = e.Message;
            return null;
        }
    }
}
