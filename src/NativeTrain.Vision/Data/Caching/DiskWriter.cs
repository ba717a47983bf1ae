using NativeTrain.Core;
using NativeTrain.Nn;

namespace NativeTrain.Vision.Data;

/// <summary>Makes the file of a <see cref="DiskStore"/>: under another name until it is whole.</summary>
internal static class DiskWriter
{
    /// <summary>Decodes all images into the file; false, and a line that says why, where the disk does not take it.</summary>
    public static bool Make(IReadOnlyList<PixelSource> sources, ImageStamp[] stamps, string split, string file, CacheOptions options)
    {
        var layout = new PixelLayout(sources);
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(file)!);
            DeleteLeftovers(file);
            long needed = layout.Bytes + layout.Bytes / 10, free = options.FreeDisk ?? new DriveInfo(Path.GetDirectoryName(file)!).AvailableFreeSpace;
            if (needed > free)
            {
                options.Say?.Invoke($"{split}: {file} would take {PixelLayout.Size(layout.Bytes)}, with a tenth in reserve {PixelLayout.Size(needed)}, and {PixelLayout.Size(free)} are free on its disk: going on as with cache=false");
                return false;
            }
            AtomicFile.Write(file, stream => Write(stream, sources, stamps, layout, split, file, options));
            return true;
        }
        catch (Exception e) when (e is InputException or IOException or UnauthorizedAccessException)
        {
            options.Say?.Invoke($"{split}: {e.Message.TrimEnd('.')}: going on as with cache=false");
            return false;
        }
    }

    /// <summary>An image's path as the index has it: seen from the cache file, so that both can move together.</summary>
    public static string Relative(string file, string image) => Path.GetRelativePath(Path.GetDirectoryName(file)!, image);

    private static void Write(Stream stream, IReadOnlyList<PixelSource> sources, ImageStamp[] stamps, PixelLayout layout, string split, string file, CacheOptions options)
    {
        var faults = new string?[sources.Count];
        var checksums = new uint[sources.Count];
        stream.SetLength(PixelFileIndex.HeaderBytes + layout.Bytes);
        Decoding.InOrder(sources, faults, options.Say, $"{split}: decoding {sources.Count} images into {file} ({PixelLayout.Size(layout.Bytes)})", (i, image) =>
        {
            stream.Position = PixelFileIndex.HeaderBytes + layout.Offset(i);
            stream.Write(image.Pixels);
            checksums[i] = Crc32C.Of(image.Pixels);
        });
        PixelFileIndex.Write(stream, [.. sources.Select((s, i) => new PixelFileEntry(Relative(file, s.Path), stamps[i], s.Height, s.Width, checksums[i], faults[i] ?? ""))]);
    }

    /// <summary>
    /// Removes what killed runs have left. A run that is alive holds a lock on the file it writes, so its file cannot be
    /// opened for this.
    /// </summary>
    private static void DeleteLeftovers(string file)
    {
        foreach (string left in Directory.EnumerateFiles(Path.GetDirectoryName(file)!, Path.GetFileName(file) + ".*.tmp"))
            try
            {
                new FileStream(left, FileMode.Open, FileAccess.Write, FileShare.None).Dispose();
                File.Delete(left);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // in use, or another user's
            }
    }
}
