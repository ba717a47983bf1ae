using System.Buffers.Binary;

namespace NativeTrain.Testing.Fuzz;

/// <summary>Damages files as transfers, disks and attackers do: flipped bits, cut ends, moved and doubled pieces, false lengths. Seeded.</summary>
public sealed class Mutator(int seed)
{
    private readonly Random random = new(seed);

    /// <summary>Numbers that lengths and sizes go wrong at.</summary>
    private static readonly long[] Edges = [0, 1, -1, 0x7F, 0xFF, 0x7FFF, 0xFFFF, 0x7FFFFFFF, 0xFFFFFFFF, long.MaxValue, long.MinValue, 1 << 20];

    private const string Signs = "0123456789-.eE,:[]{}\"'\n ";

    /// <summary>A damaged copy: one to four mutations, one after another.</summary>
    public byte[] Mutate(byte[] original)
    {
        ArgumentNullException.ThrowIfNull(original);
        byte[] bytes = (byte[])original.Clone();
        for (int n = random.Next(1, 5); n > 0 && bytes.Length > 0; n--)
            bytes = random.Next(8) switch
            {
                0 => Change(bytes, at => bytes[at] ^= (byte)(1 << random.Next(8))),
                1 => Change(bytes, at => bytes[at] = (byte)random.Next(256)),
                2 => bytes[..random.Next(bytes.Length)],
                3 => Splice(bytes, Piece(bytes), replace: true),
                4 => Splice(bytes, Piece(bytes), replace: false),
                5 => Remove(bytes),
                6 => Length(bytes),
                _ => Digit(bytes),
            };
        return bytes;
    }

    private static byte[] Change(byte[] bytes, Action<int> change, int at)
    {
        change(at);
        return bytes;
    }

    private byte[] Change(byte[] bytes, Action<int> change) => Change(bytes, change, At(bytes));

    /// <summary>Mostly anywhere, often near the ends, where headers and directories are.</summary>
    private int At(byte[] bytes) => random.Next(4) switch
    {
        0 => random.Next(Math.Min(64, bytes.Length)),
        1 => bytes.Length - 1 - random.Next(Math.Min(128, bytes.Length)),
        _ => random.Next(bytes.Length),
    };

    private byte[] Piece(byte[] bytes)
    {
        int at = At(bytes);
        return bytes[at..Math.Min(bytes.Length, at + random.Next(1, 200))];
    }

    private byte[] Splice(byte[] bytes, byte[] piece, bool replace)
    {
        int at = At(bytes);
        return [.. bytes[..at], .. piece, .. bytes[Math.Min(bytes.Length, at + (replace ? piece.Length : 0))..]];
    }

    private byte[] Remove(byte[] bytes)
    {
        int at = At(bytes);
        return [.. bytes[..at], .. bytes[Math.Min(bytes.Length, at + random.Next(1, 50))..]];
    }

    /// <summary>Writes an edge number of 2, 4 or 8 bytes, of either byte order, over what is there.</summary>
    private byte[] Length(byte[] bytes)
    {
        int size = 2 << random.Next(3), at = At(bytes);
        Span<byte> number = stackalloc byte[8];
        long edge = Edges[random.Next(Edges.Length)];
        if (random.Next(2) == 0) BinaryPrimitives.WriteInt64LittleEndian(number, edge);
        else BinaryPrimitives.WriteInt64BigEndian(number, edge << (64 - 8 * size));
        number[..Math.Min(size, bytes.Length - at)].CopyTo(bytes.AsSpan(at));
        return bytes;
    }

    /// <summary>Changes a digit or a sign of a text, where there is one near.</summary>
    private byte[] Digit(byte[] bytes)
    {
        int from = At(bytes), digit = bytes.AsSpan(from).IndexOfAnyInRange((byte)'0', (byte)'9');
        if (digit >= 0) bytes[from + digit] = (byte)Signs[random.Next(Signs.Length)];
        return bytes;
    }
}
