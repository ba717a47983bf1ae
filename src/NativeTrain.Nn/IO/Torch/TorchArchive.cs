using System.IO.Compression;

namespace NativeTrain.Nn;

/// <summary>
/// The zip archive that torch.save writes: NAME/data.pkl, the pickle, and NAME/data/KEY, the numbers of each storage. All of
/// it stands uncompressed, so what may be read of an archive never exceeds the file itself.
/// </summary>
internal sealed class TorchArchive : IDisposable
{
    private const string PickleName = "/data.pkl";

    private readonly ZipArchive zip;
    private readonly Dictionary<string, ZipArchiveEntry> entries = new(StringComparer.Ordinal);
    private readonly string folder;
    private long unread;

    /// <exception cref="InvalidDataException">It is no archive that torch.save wrote.</exception>
    public TorchArchive(FileStream file)
    {
        RequireZip(file);
        zip = Open(file);
        try
        {
            unread = FileBytes = file.Length;
            foreach (var entry in zip.Entries)
                if (!entries.TryAdd(entry.FullName, entry))
                    throw new InvalidDataException($"two files in the archive are named '{PickleGlobals.Quote(entry.FullName)}'");
            folder = FindFolder();
            if (entries.ContainsKey(folder + "/constants.pkl"))
                throw new InvalidDataException("a TorchScript program, not weights; give the .pt file that it was exported from");
            if (entries.ContainsKey(folder + "/byteorder") && !Read("byteorder").AsSpan().SequenceEqual("little"u8))
                throw new InvalidDataException("written on a big-endian machine; save it again on a little-endian one");
        }
        catch
        {
            zip.Dispose();
            throw;
        }
    }

    /// <summary>The archive; its directory stands at the file's end, so that a truncated one has none.</summary>
    private static ZipArchive Open(FileStream file)
    {
        try
        {
            return new ZipArchive(file, ZipArchiveMode.Read);
        }
        catch (InvalidDataException e)
        {
            throw new InvalidDataException($"truncated or altered; copy or download it again ({e.Message.TrimEnd('.')})", e);
        }
    }

    /// <summary>The size of the whole file.</summary>
    public long FileBytes { get; }

    public byte[] Pickle() => Read("data.pkl");

    /// <summary>A storage's bytes, which must be as many as the pickle says.</summary>
    /// <exception cref="InvalidDataException">It is not there, damaged, or of another size.</exception>
    public byte[] Storage(PickledStorage storage, int elementBytes)
    {
        string name = "data/" + storage.Key;
        Int128 expected = (Int128)storage.Count * elementBytes;
        if (Find(name).Length != expected)
            throw new InvalidDataException($"'{PickleGlobals.Quote(name)}' in the archive has {Find(name).Length} bytes where the pickle promises {expected}");
        return Read(name);
    }

    public void Dispose() => zip.Dispose();

    private string FindFolder()
    {
        string[] pickles = [.. entries.Keys.Where(n => n.EndsWith(PickleName, StringComparison.Ordinal) && n.IndexOf('/', StringComparison.Ordinal) == n.Length - PickleName.Length)];
        return pickles.Length == 1
            ? pickles[0][..^PickleName.Length]
            : throw new InvalidDataException("not a PyTorch file: a zip archive without one data.pkl in its folder");
    }

    private ZipArchiveEntry Find(string name) => entries.TryGetValue($"{folder}/{name}", out var entry)
        ? entry
        : throw new InvalidDataException($"truncated or altered: '{PickleGlobals.Quote(name)}' is not in the archive");

    private byte[] Read(string name)
    {
        var entry = Find(name);
        if (entry.IsEncrypted || entry.Length != entry.CompressedLength)
            throw new InvalidDataException($"'{PickleGlobals.Quote(name)}' is compressed or encrypted in the archive, which torch.save does not do; save it again with torch.save");
        // Two entries can claim the same bytes of the file; all together must fit into it.
        unread -= entry.Length;
        if (unread < 0 || entry.Length > Array.MaxLength)
            throw new InvalidDataException($"the archive claims more bytes than the file has, which are {FileBytes}");
        byte[] bytes = new byte[entry.Length];
        using (var stream = entry.Open()) stream.ReadExactly(bytes);
        if (Crc32.Of(bytes) != entry.Crc32)
            throw new InvalidDataException($"'{PickleGlobals.Quote(name)}' is damaged: its checksum is wrong; copy or download the file again");
        return bytes;
    }

    /// <summary>The first bytes tell a zip archive from torch.save's formats before PyTorch 1.6, which were a bare pickle or a tar archive.</summary>
    private static void RequireZip(FileStream file)
    {
        Span<byte> start = stackalloc byte[262];
        int n = file.ReadAtLeast(start, start.Length, throwOnEndOfStream: false);
        file.Position = 0;
        start = start[..n];
        if (start.StartsWith("PK"u8)) return;
        bool tar = n == 262 && start[257..].SequenceEqual("ustar"u8), pickle = n > 1 && start[0] == 0x80 && start[1] <= 5;
        throw new InvalidDataException(tar || pickle
            ? "written in the format before PyTorch 1.6; load it once with torch.load, save it again with torch.save, and give the new file"
            : n == 0 ? "the file is empty" : "not a PyTorch file (no zip archive); copy or download it again");
    }
}
