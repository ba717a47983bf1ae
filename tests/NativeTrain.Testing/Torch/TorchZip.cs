using System.IO.Compression;
using System.Runtime.InteropServices;

namespace NativeTrain.Testing.Torch;

/// <summary>Makes .pt files: a zip archive of a pickle and of storages.</summary>
public static class TorchZip
{
    /// <param name="pickle">data.pkl.</param>
    /// <param name="storages">Key and bytes of each.</param>
    /// <param name="compression">torch.save does not compress.</param>
    public static byte[] Make(byte[] pickle, IEnumerable<KeyValuePair<string, byte[]>>? storages = null, CompressionLevel compression = CompressionLevel.NoCompression)
    {
        using var file = new MemoryStream();
        using (var zip = new ZipArchive(file, ZipArchiveMode.Create, leaveOpen: true))
        {
            Add(zip, "archive/data.pkl", pickle, compression);
            foreach (var (key, bytes) in storages ?? []) Add(zip, $"archive/data/{key}", bytes, compression);
            Add(zip, "archive/version", "3\n"u8, compression);
        }
        return file.ToArray();
    }

    /// <summary>A state dict of two float tensors, "a" [2,3] = 0…5 and "b.weight" [4] = 6…9, the second in half precision.</summary>
    public static byte[] Small()
    {
        byte[] pickle = new PickleWriter().BeginDict()
            .Text("a").Tensor("FloatStorage", "0", 6, 0, [2, 3], [3, 1])
            .Text("b.weight").Tensor("HalfStorage", "1", 4, 0, [4], [1])
            .EndDict().End();
        return Make(pickle, [new("0", Bytes(0f, 1f, 2f, 3f, 4f, 5f)), new("1", Bytes((Half)6, (Half)7, (Half)8, (Half)9))]);
    }

    public static byte[] Bytes<T>(params T[] values) where T : unmanaged => MemoryMarshal.AsBytes(values.AsSpan()).ToArray();

    private static void Add(ZipArchive zip, string name, ReadOnlySpan<byte> bytes, CompressionLevel compression)
    {
        using var stream = zip.CreateEntry(name, compression).Open();
        stream.Write(bytes);
    }
}
