using System.Buffers.Binary;

namespace NativeTrain.Vision.Images;

/// <summary>
/// What an image file says of itself before any pixel is decoded. Decoders fill in for missing data without a word,
/// so <see cref="Parse"/> also looks whether the file goes on to its end.
/// </summary>
/// <param name="Height">Rows, as stored (before orientation).</param>
/// <param name="Width">Pixels a row, as stored.</param>
/// <param name="Orientation">EXIF orientation 1–8; 1 is upright.</param>
public readonly record struct ImageHeader(int Height, int Width, int Orientation)
{
    /// <summary>Whether the upright picture has rows for columns.</summary>
    public bool Transposed => Orientation >= 5;

    /// <summary>Reads a whole JPEG, PNG or BMP file's header.</summary>
    /// <exception cref="InvalidDataException">The file is of another kind, broken, or cut short; the message says which.</exception>
    public static ImageHeader Parse(ReadOnlySpan<byte> file)
    {
        if (file.Length == 0) throw new InvalidDataException("the file is empty");
        if (file.StartsWith(JpegMagic)) return ParseJpeg(file);
        if (file.StartsWith(PngMagic)) return ParsePng(file);
        if (file.StartsWith(BmpMagic)) return ParseBmp(file);
        throw new InvalidDataException("not a JPEG, PNG or BMP image");
    }

    private static ReadOnlySpan<byte> JpegMagic => [0xFF, 0xD8];
    private static ReadOnlySpan<byte> PngMagic => [0x89, (byte)'P', (byte)'N', (byte)'G', 0x0D, 0x0A, 0x1A, 0x0A];
    private static ReadOnlySpan<byte> BmpMagic => "BM"u8;

    // A JPEG is a row of segments: FF, marker, two bytes of length (themselves counted), content.
    private static ImageHeader ParseJpeg(ReadOnlySpan<byte> file)
    {
        int height = 0, width = 0, orientation = 1;
        int at = 2;
        while (at + 4 <= file.Length)
        {
            if (file[at] != 0xFF) throw new InvalidDataException("damaged JPEG header");
            byte marker = file[at + 1];
            if (marker == 0xFF) { at++; continue; }                           // padding
            int length = BinaryPrimitives.ReadUInt16BigEndian(file[(at + 2)..]);
            if (length < 2 || at + 2 + length > file.Length) break;
            var content = file.Slice(at + 4, length - 2);

            bool frame = marker is >= 0xC0 and <= 0xCF and not (0xC4 or 0xC8 or 0xCC);
            if (frame && content.Length >= 5 && height == 0)
            {
                height = BinaryPrimitives.ReadUInt16BigEndian(content[1..]);
                width = BinaryPrimitives.ReadUInt16BigEndian(content[3..]);
            }
            else if (marker == 0xE1)
                orientation = Exif.Orientation(content) ?? orientation;
            else if (marker == 0xDA)                                          // the scan: pixels until the end marker
            {
                // Inside the scan FF is followed by 00 or a restart marker, so FF D9 can only be the end.
                var scan = file[(at + 2 + length)..];
                if (scan.IndexOf(JpegEnd) < 0) break;
                // Each scan of a progressive JPEG costs a pass over all of the picture, however few bytes it has.
                if (scan.Count(JpegScan) >= MostScans) throw new InvalidDataException($"a JPEG of more than {MostScans} scans");
                // A block of 8×8 pixels takes a bit at least, in the first of its scans.
                return Checked(height, width, orientation, mostPixels: 64 * 8L * file.Length);
            }
            at += 2 + length;
        }
        throw new InvalidDataException("truncated JPEG (no end marker)");
    }

    private static ReadOnlySpan<byte> JpegEnd => [0xFF, 0xD9];
    private static ReadOnlySpan<byte> JpegScan => [0xFF, 0xDA];

    /// <summary>Cameras and programs write at most about a dozen.</summary>
    private const int MostScans = 100;

    /// <summary>Deflate's best: 258 bytes for two bits, and a little.</summary>
    private const int DeflateMost = 1032;

    private static ImageHeader ParsePng(ReadOnlySpan<byte> file)
    {
        if (file.Length < 33) throw new InvalidDataException("truncated PNG");
        int width = BinaryPrimitives.ReadInt32BigEndian(file[16..]);
        int height = BinaryPrimitives.ReadInt32BigEndian(file[20..]);
        int samples = file[25] switch { 2 => 3, 4 => 2, 6 => 4, _ => 1 };      // RGB, grey and alpha, RGB and alpha, grey or palette
        int bitsPerPixel = Math.Max(1, file[24] * samples);
        // A chunk: length of the content, four letters, content, checksum.
        for (long at = 8; at + 12 <= file.Length;)
        {
            var chunk = file[(int)at..];
            if (chunk.Slice(4, 4).SequenceEqual("IEND"u8)) return Checked(height, width, 1, mostPixels: DeflateMost * 8L * file.Length / bitsPerPixel);
            at += 12L + BinaryPrimitives.ReadUInt32BigEndian(chunk);
        }
        throw new InvalidDataException("truncated PNG (no IEND chunk)");
    }

    private static ImageHeader ParseBmp(ReadOnlySpan<byte> file)
    {
        if (file.Length < 54) throw new InvalidDataException("truncated BMP");
        uint pixels = BinaryPrimitives.ReadUInt32LittleEndian(file[10..]);
        if (BinaryPrimitives.ReadUInt32LittleEndian(file[14..]) < 40) throw new InvalidDataException("a BMP of OS/2, which is not read");
        int width = BinaryPrimitives.ReadInt32LittleEndian(file[18..]);
        int height = BinaryPrimitives.ReadInt32LittleEndian(file[22..]);      // negative: top row first
        int bits = BinaryPrimitives.ReadUInt16LittleEndian(file[28..]);
        uint compression = BinaryPrimitives.ReadUInt32LittleEndian(file[30..]);
        if (bits is not (1 or 4 or 8 or 16 or 24 or 32)) throw new InvalidDataException($"a BMP of {bits} bits a pixel");
        var header = Checked(height == int.MinValue ? 0 : Math.Abs(height), width, 1, mostPixels: 8L * file.Length);
        long stride = ((long)width * bits + 31) / 32 * 4;                     // rows are padded to 4 bytes
        if (compression is not (0 or 3)) throw new InvalidDataException("a compressed BMP, which is not read");
        if (pixels + stride * header.Height > file.Length)
            throw new InvalidDataException("truncated BMP");
        return header;
    }

    /// <param name="height">Rows.</param>
    /// <param name="width">Pixels a row.</param>
    /// <param name="orientation">EXIF orientation.</param>
    /// <param name="mostPixels">As many as a file of this length can hold at its format's best compression: a larger claim is false, and is not to cost memory.</param>
    private static ImageHeader Checked(int height, int width, int orientation, long mostPixels)
    {
        if (height < 1 || width < 1) throw new InvalidDataException("the image has no size");
        long pixels = (long)height * width;
        if (pixels > 1 << 29) throw new InvalidDataException($"the image is too large ({width}×{height})");
        if (pixels > mostPixels) throw new InvalidDataException($"the header claims {width}×{height} pixels, more than the file can hold");
        return new ImageHeader(height, width, orientation);
    }
}
