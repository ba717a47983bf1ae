using System.IO.MemoryMappedFiles;
using NativeTrain.Core;
using NativeTrain.Nn;
using NativeTrain.Vision.Images;

namespace NativeTrain.Vision.Data;

/// <summary>
/// cache=disk: every image decoded once for all runs, into one file that is mapped into memory. The file says of each
/// image which file (path, length, time) it was decoded from; a file that does not fit the set any more, or is damaged,
/// is made anew. It gets its name when it is whole, and a run that has it mapped keeps what it mapped.
/// </summary>
internal sealed class DiskStore : IPixelStore
{
    private readonly PixelMemory memory;
    private readonly IReadOnlyList<PixelSource> sources;
    private readonly PixelFileEntry[] entries;
    private readonly bool[] sound;

    private DiskStore(PixelMemory memory, IReadOnlyList<PixelSource> sources, PixelFileEntry[] entries)
    {
        this.memory = memory;
        this.sources = sources;
        this.entries = entries;
        sound = new bool[entries.Length];
    }

    /// <summary>Opens the file, after making it where there is none that fits; null, and a line that says why, where it cannot be made.</summary>
    public static DiskStore? Open(IReadOnlyList<PixelSource> sources, string split, string file, CacheOptions options, string?[] faults)
    {
        var stamps = new ImageStamp[sources.Count];
        Parallel.For(0, sources.Count, i => stamps[i] = ImageStamp.Of(sources[i].Path));
        string[] places = CachePlace.IsWritable(file) ? [file] : [file, CachePlace.Elsewhere(file)];
        foreach (string place in places)
            if (Map(sources, stamps, split, place, options, faults) is { } ready) return ready;
        return DiskWriter.Make(sources, stamps, split, places[^1], options) ? Map(sources, stamps, split, places[^1], options, faults) : null;
    }

    /// <summary>Maps a file that fits; null where there is none, with a line where there is another one.</summary>
    private static DiskStore? Map(IReadOnlyList<PixelSource> sources, ImageStamp[] stamps, string split, string file, CacheOptions options, string?[] faults)
    {
        if (!File.Exists(file)) return null;
        try
        {
            using var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            var entries = PixelFileIndex.Read(stream);
            if (Difference(file, sources, stamps, entries) is { } difference) throw new InvalidDataException(difference);
            using var mapped = MemoryMappedFile.CreateFromFile(stream, null, 0, MemoryMappedFileAccess.Read, HandleInheritability.None, leaveOpen: true);
            var view = mapped.CreateViewAccessor(0, 0, MemoryMappedFileAccess.Read);
            for (int i = 0; i < entries.Length; i++)
                if (entries[i].Fault.Length > 0) faults[i] = entries[i].Fault;
            var memory = new PixelMemory(view.SafeMemoryMappedViewHandle, PixelFileIndex.HeaderBytes, sources, new PixelLayout(sources));
            return new DiskStore(memory, sources, entries);
        }
        catch (Exception e) when (e is InvalidDataException or IOException or UnauthorizedAccessException)
        {
            options.Say?.Invoke($"{split}: {file} is not used: {e.Message}");
            return null;
        }
    }

    /// <summary>What the file has otherwise than the set; null: nothing.</summary>
    private static string? Difference(string file, IReadOnlyList<PixelSource> sources, ImageStamp[] stamps, PixelFileEntry[] entries)
    {
        for (int i = 0; i < Math.Min(sources.Count, entries.Length); i++)
        {
            var (source, entry) = (sources[i], entries[i]);
            if (entry.Path != DiskWriter.Relative(file, source.Path)) return $"{source.Path} is new, or another image is gone";
            if (entry.Stamp != stamps[i]) return $"{source.Path} has changed";
            if ((entry.Height, entry.Width) != (source.Height, source.Width)) return $"{source.Path} is wanted at another size";
        }
        return sources.Count == entries.Length ? null : $"it holds {entries.Length} images, the set has {sources.Count}";
    }

    /// <inheritdoc/>
    /// <remarks>Pixels whose checksum is wrong (looked at once an image and run) are decoded from the image file instead.</remarks>
    public RgbView Load(int index)
    {
        if (!sound[index])
        {
            if (Crc32C.Of(memory.Span(index)) != entries[index].Checksum) return sources[index].Decode();
            sound[index] = true;
        }
        return memory.View(index);
    }

    public void Dispose() => memory.Dispose();
}
