using System.Security.Cryptography;
using System.Text;
using NativeTrain.Core;

namespace NativeTrain.Cuda.Kernels;

/// <summary>
/// Compiled kernels on disk, in NATIVETRAIN_CACHE or ~/.cache/nativetrain: a file each, named by a digest of all that
/// the code depends on. A file holds the kernel's mangled name, a zero byte, and the code. Where the folder cannot be
/// written the kernels are compiled anew each time.
/// </summary>
internal sealed class CubinCache
{
    private readonly string folder = CacheFolder.Of("kernels");

    /// <summary>The file of what is compiled from these parts.</summary>
    public string FileOf(params string[] parts) =>
        Path.Combine(folder, Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(string.Join('\0', parts))))[..32] + ".cubin");

    /// <summary>What a file holds, or null.</summary>
    public static CompiledKernel? Read(string file)
    {
        try
        {
            if (!File.Exists(file)) return null;
            byte[] all = File.ReadAllBytes(file);
            int end = Array.IndexOf(all, (byte)0);
            return end <= 0 || end == all.Length - 1 ? null : new CompiledKernel(all[(end + 1)..], Encoding.UTF8.GetString(all, 0, end));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>Keeps a kernel, at once or not at all.</summary>
    public static void Write(string file, CompiledKernel kernel)
    {
        try
        {
            AtomicFile.Write(file, stream =>
            {
                stream.Write(Encoding.UTF8.GetBytes(kernel.Name));
                stream.WriteByte(0);
                stream.Write(kernel.Image);
            });
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or InputException)
        {
            // a cache that cannot be written costs time, nothing else
        }
    }
}
