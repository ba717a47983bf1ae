using System.Buffers.Binary;
using System.Text;

namespace NativeTrain.Race;

/// <summary>
/// Makes a shared library's need of a version of another library's symbols weak, so that the loader warns of an older library
/// instead of refusing it. Format: "Linux Standard Base, Symbol Versioning": a section SHT_GNU_verneed lists, for each library (Verneed), the versions
/// needed of it (Vernaux), each with flags; flag 2 is VER_FLG_WEAK.
/// </summary>
public static class ElfVersions
{
    private const uint GnuVerneed = 0x6ffffffe;
    private const ushort Weak = 2;

    /// <param name="path">A 64-bit little-endian ELF file; changed where it lies, unless it is weak already.</param>
    /// <param name="version">"GLIBCXX_3.4.32".</param>
    public static void Weaken(string path, string version)
    {
        byte[] file = File.ReadAllBytes(path);
        if (!file.AsSpan().StartsWith("\u007fELF\u0002\u0001"u8)) throw new InvalidDataException($"{path}: not a 64-bit little-endian ELF file");
        bool changed = false;
        foreach (int flags in FlagsOf(file, version))
        {
            ushort value = BinaryPrimitives.ReadUInt16LittleEndian(file.AsSpan(flags));
            if ((value & Weak) != 0) continue;
            BinaryPrimitives.WriteUInt16LittleEndian(file.AsSpan(flags), (ushort)(value | Weak));
            changed = true;
        }
        if (changed) File.WriteAllBytes(path, file);
    }

    /// <summary>Where the flags of a needed version stand.</summary>
    private static List<int> FlagsOf(byte[] file, string version)
    {
        var found = new List<int>();
        int sections = (int)BinaryPrimitives.ReadUInt64LittleEndian(file.AsSpan(40)), size = Half(58), count = Half(60);
        for (int section = sections; section < sections + count * size; section += size)
        {
            if (Word(section + 4) != GnuVerneed) continue;
            int strings = (int)Word(sections + (int)Word(section + 40) * size + 24); // offset of the linked section of names
            int need = (int)Word(section + 24);
            for (uint n = Word(section + 44); n > 0; n--) // sh_info: libraries
            {
                int entry = need + (int)Word(need + 8);
                for (int e = Half(need + 2); e > 0; e--)
                {
                    if (Name(strings + (int)Word(entry + 8)) == version) found.Add(entry + 4);
                    entry += (int)Word(entry + 12);
                }
                need += (int)Word(need + 12);
            }
        }
        return found;

        int Half(int at) => BinaryPrimitives.ReadUInt16LittleEndian(file.AsSpan(at));
        uint Word(int at) => BinaryPrimitives.ReadUInt32LittleEndian(file.AsSpan(at));
        string Name(int at) => Encoding.ASCII.GetString(file, at, Array.IndexOf(file, (byte)0, at) - at);
    }
}
