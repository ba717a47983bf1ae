using System.Buffers.Binary;
using System.Numerics;

namespace NativeTrain.Nn;

/// <summary>
/// TensorFlow's record format (https://www.tensorflow.org/tutorials/load_data/tfrecord): the length of the data in eight
/// bytes, its checksum, the data, their checksum; all little-endian. A checksum is a CRC-32C, masked, because a CRC of data
/// that hold CRCs is weak: rotated right by 15 bits, plus 0xa282ead8.
/// </summary>
public static class TfRecord
{
    /// <summary>Adds a record to a stream.</summary>
    public static void Write(Stream stream, ReadOnlySpan<byte> data)
    {
        ArgumentNullException.ThrowIfNull(stream);
        Span<byte> head = stackalloc byte[12];
        BinaryPrimitives.WriteUInt64LittleEndian(head, (ulong)data.Length);
        BinaryPrimitives.WriteUInt32LittleEndian(head[8..], Checksum(head[..8]));
        Span<byte> tail = stackalloc byte[4];
        BinaryPrimitives.WriteUInt32LittleEndian(tail, Checksum(data));
        stream.Write(head);
        stream.Write(data);
        stream.Write(tail);
    }

    /// <summary>The masked CRC-32C.</summary>
    public static uint Checksum(ReadOnlySpan<byte> data) => BitOperations.RotateRight(Crc32C.Of(data), 15) + 0xa282ead8;
}
