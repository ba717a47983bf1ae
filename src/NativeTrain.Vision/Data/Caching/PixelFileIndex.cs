using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace NativeTrain.Vision.Data;

/// <summary>What a cache file says of one image.</summary>
/// <param name="Path">The image, relative to the cache file.</param>
/// <param name="Stamp">The image file as it was decoded.</param>
/// <param name="Height">Rows of the pixels.</param>
/// <param name="Width">Columns of the pixels.</param>
/// <param name="Checksum">CRC-32C of the pixels.</param>
/// <param name="Fault">Why there are no pixels; empty where there are.</param>
internal readonly record struct PixelFileEntry(string Path, ImageStamp Stamp, int Height, int Width, uint Checksum, string Fault);

/// <summary>
/// A cache file of pixels: a header of one page, the pixels by <see cref="PixelLayout"/>, the index. All numbers are
/// little-endian.
/// <code>
/// 0   "NTPIXELS"          8   version, int32       12  images, int32
/// 16  the index's offset, int64                    24  the index's length, int64
/// 32  the file's length, int64                     40  SHA-256 of bytes 0 … 39 and the index
/// </code>
/// The index has an entry for each image: path (length-prefixed UTF-8), file length and time (int64), height and width
/// (int32), CRC-32C of the pixels (uint32), fault (length-prefixed UTF-8).
/// </summary>
internal static class PixelFileIndex
{
    /// <summary>Where the pixels begin: the second page.</summary>
    public const int HeaderBytes = 4096;
    private const int Version = 1, Signed = 40;

    private static ReadOnlySpan<byte> Magic => "NTPIXELS"u8;

    /// <summary>Writes the index at the stream's end and the header at its start.</summary>
    public static void Write(Stream stream, IReadOnlyList<PixelFileEntry> entries)
    {
        byte[] index = Encode(entries);
        stream.Seek(0, SeekOrigin.End);
        long offset = stream.Position;
        stream.Write(index);

        Span<byte> header = stackalloc byte[Signed + SHA256.HashSizeInBytes];
        Magic.CopyTo(header);
        BinaryPrimitives.WriteInt32LittleEndian(header[8..], Version);
        BinaryPrimitives.WriteInt32LittleEndian(header[12..], entries.Count);
        BinaryPrimitives.WriteInt64LittleEndian(header[16..], offset);
        BinaryPrimitives.WriteInt64LittleEndian(header[24..], index.Length);
        BinaryPrimitives.WriteInt64LittleEndian(header[32..], offset + index.Length);
        Hash(header[..Signed], index, header[Signed..]);
        stream.Position = 0;
        stream.Write(header);
    }

    /// <summary>Reads the index of a whole and sound file.</summary>
    /// <exception cref="InvalidDataException">It is not; the message says how, in a few words.</exception>
    public static PixelFileEntry[] Read(Stream stream)
    {
        Span<byte> header = stackalloc byte[Signed + SHA256.HashSizeInBytes];
        if (stream.Length < HeaderBytes) throw new InvalidDataException("cut short");
        stream.ReadExactly(header);
        if (!header.StartsWith(Magic)) throw new InvalidDataException("not a file of pixels");
        if (BinaryPrimitives.ReadInt32LittleEndian(header[8..]) != Version) throw new InvalidDataException("of another version");
        int count = BinaryPrimitives.ReadInt32LittleEndian(header[12..]);
        long offset = BinaryPrimitives.ReadInt64LittleEndian(header[16..]), bytes = BinaryPrimitives.ReadInt64LittleEndian(header[24..]);
        if (BinaryPrimitives.ReadInt64LittleEndian(header[32..]) != stream.Length) throw new InvalidDataException("cut short");
        if (offset < HeaderBytes || bytes < 0 || bytes > int.MaxValue || offset > stream.Length - bytes) throw new InvalidDataException("damaged");

        byte[] index = new byte[bytes];
        stream.Position = offset;
        stream.ReadExactly(index);
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        Hash(header[..Signed], index, hash);
        if (!hash.SequenceEqual(header[Signed..])) throw new InvalidDataException("damaged");
        return Decode(index, count);
    }

    private static byte[] Encode(IReadOnlyList<PixelFileEntry> entries)
    {
        using var memory = new MemoryStream();
        using var writer = new BinaryWriter(memory, Encoding.UTF8);
        foreach (var e in entries)
        {
            writer.Write(e.Path);
            writer.Write(e.Stamp.Length);
            writer.Write(e.Stamp.Written);
            writer.Write(e.Height);
            writer.Write(e.Width);
            writer.Write(e.Checksum);
            writer.Write(e.Fault);
        }
        writer.Flush();
        return memory.ToArray();
    }

    private static PixelFileEntry[] Decode(byte[] index, int count)
    {
        using var reader = new BinaryReader(new MemoryStream(index), Encoding.UTF8);
        var entries = new PixelFileEntry[count];
        for (int i = 0; i < count; i++)
            entries[i] = new PixelFileEntry(reader.ReadString(), new ImageStamp(reader.ReadInt64(), reader.ReadInt64()),
                reader.ReadInt32(), reader.ReadInt32(), reader.ReadUInt32(), reader.ReadString());
        return entries;
    }

    private static void Hash(ReadOnlySpan<byte> header, ReadOnlySpan<byte> index, Span<byte> hash)
    {
        using var sha = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        sha.AppendData(header);
        sha.AppendData(index);
        sha.GetHashAndReset(hash);
    }
}
