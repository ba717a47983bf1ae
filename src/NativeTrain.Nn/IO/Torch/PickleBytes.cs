using System.Buffers.Binary;
using System.Text;

namespace NativeTrain.Nn;

/// <summary>Reads a pickle's bytes from front to back. A length that the pickle gives is compared with what is left before anything is made of it.</summary>
internal sealed class PickleBytes(byte[] bytes)
{
    /// <summary>No name of a module or class is longer.</summary>
    private const int LongestName = 1024;

    private int at;

    /// <summary>The byte that is read next.</summary>
    public int Position => at;

    public byte U8() => Take(1)[0];
    public ushort U16() => BinaryPrimitives.ReadUInt16LittleEndian(Take(2));
    public int I32() => BinaryPrimitives.ReadInt32LittleEndian(Take(4));
    public uint U32() => BinaryPrimitives.ReadUInt32LittleEndian(Take(4));
    public ulong U64() => BinaryPrimitives.ReadUInt64LittleEndian(Take(8));
    public double F64() => BinaryPrimitives.ReadDoubleBigEndian(Take(8)); // big-endian, alone among the numbers

    public ReadOnlySpan<byte> Take(ulong count)
    {
        if (count > (ulong)(bytes.Length - at))
            throw new InvalidDataException($"the pickle is truncated or altered: {count} bytes are to follow at byte {at}, but {bytes.Length - at} are left");
        var taken = bytes.AsSpan(at, (int)count);
        at += (int)count;
        return taken;
    }

    public string Utf8(ulong length) => Encoding.UTF8.GetString(Take(length));
    public string Latin1(ulong length) => Encoding.Latin1.GetString(Take(length));

    /// <summary>A name, up to the end of its line.</summary>
    public string Line()
    {
        var left = bytes.AsSpan(at);
        int end = left[..Math.Min(left.Length, LongestName)].IndexOf((byte)'\n');
        if (end < 0) throw new InvalidDataException($"the pickle is truncated or altered: the name at byte {at} has no end");
        at++;
        at += end;
        return Encoding.UTF8.GetString(left[..end]);
    }
}
