using System.Buffers.Binary;

namespace NativeTrain.Vision.Images;

/// <summary>
/// The one EXIF tag that changes pixels: orientation (0x0112). Cameras store the sensor's picture and note how it
/// was held; labels are drawn on the upright picture.
/// </summary>
internal static class Exif
{
    private const ushort OrientationTag = 0x0112;

    /// <summary>The orientation 1–8 in an APP1 segment's content, or null where it has none.</summary>
    public static int? Orientation(ReadOnlySpan<byte> segment)
    {
        // "Exif\0\0", then a TIFF header: byte order, 42, offset of the first directory (from the header's start).
        if (segment.Length < 14 || !segment.StartsWith("Exif\0\0"u8)) return null;
        var tiff = segment[6..];
        bool little = tiff.StartsWith("II"u8);
        if (!little && !tiff.StartsWith("MM"u8)) return null;

        uint directory = U32(tiff[4..], little);
        if (directory + 2 > tiff.Length) return null;
        int entries = U16(tiff[(int)directory..], little);
        // An entry of 12 bytes: tag, type (3 = 16 bits), count, value.
        for (int i = 0; i < entries; i++)
        {
            long at = directory + 2 + 12L * i;
            if (at + 12 > tiff.Length) return null;
            var entry = tiff[(int)at..];
            if (U16(entry, little) != OrientationTag) continue;
            int value = U16(entry[8..], little);
            return value is >= 1 and <= 8 ? value : null;
        }
        return null;
    }

    /// <summary>Turns a stored picture upright.</summary>
    public static RgbImage Upright(RgbImage stored, int orientation)
    {
        if (orientation is < 2 or > 8) return stored;
        int h = stored.Height, w = stored.Width;
        bool transposed = orientation >= 5;
        var upright = transposed ? new RgbImage(w, h) : new RgbImage(h, w);
        // Where the upright pixel (0, 0) lies in the stored picture, and the stored steps (rows, columns) for one step
        // right and one step down in the upright one.
        var (y0, x0, rightY, rightX, downY, downX) = orientation switch
        {
            2 => (0, w - 1, 0, -1, 1, 0),              // mirrored left-right
            3 => (h - 1, w - 1, 0, -1, -1, 0),         // half a turn
            4 => (h - 1, 0, 0, 1, -1, 0),              // mirrored up-down
            5 => (0, 0, 1, 0, 0, 1),                   // transposed
            6 => (h - 1, 0, -1, 0, 0, 1),              // to be turned a quarter clockwise
            7 => (h - 1, w - 1, -1, 0, 0, -1),         // transposed about the other diagonal
            _ => (0, w - 1, 1, 0, 0, -1),              // 8: to be turned a quarter anticlockwise
        };
        byte[] from = stored.Pixels, to = upright.Pixels;
        int next = 0;
        for (int y = 0; y < upright.Height; y++)
        {
            int at = 3 * ((y0 + y * downY) * w + x0 + y * downX);
            int step = 3 * (rightY * w + rightX);
            for (int x = 0; x < upright.Width; x++, at += step, next += 3)
            {
                to[next] = from[at];
                to[next + 1] = from[at + 1];
                to[next + 2] = from[at + 2];
            }
        }
        return upright;
    }

    private static ushort U16(ReadOnlySpan<byte> p, bool little) =>
        little ? BinaryPrimitives.ReadUInt16LittleEndian(p) : BinaryPrimitives.ReadUInt16BigEndian(p);

    private static uint U32(ReadOnlySpan<byte> p, bool little) =>
        little ? BinaryPrimitives.ReadUInt32LittleEndian(p) : BinaryPrimitives.ReadUInt32BigEndian(p);
}
