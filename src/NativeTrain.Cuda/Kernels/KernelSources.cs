using System.Security.Cryptography;
using System.Text;

namespace NativeTrain.Cuda.Kernels;

/// <summary>The folder kernels/, which lies beside the program: whoever changes a file there runs the changed kernel next time.</summary>
internal sealed class KernelSources
{
    private readonly Dictionary<string, string> texts = [];
    private readonly Lazy<string> headers;

    public KernelSources(string? folder = null)
    {
        Folder = folder ?? Path.Combine(AppContext.BaseDirectory, "kernels");
        headers = new Lazy<string>(HashOfHeaders);
    }

    public string Folder { get; }

    /// <summary>The kernel files, without ".cu".</summary>
    public IEnumerable<string> Files => Directory.EnumerateFiles(Folder, "*.cu").Select(f => Path.GetFileNameWithoutExtension(f)).Order(StringComparer.Ordinal);

    /// <summary>The source of a file.</summary>
    public string Text(string file)
    {
        lock (texts)
        {
            if (!texts.TryGetValue(file, out string? text)) texts[file] = text = File.ReadAllText(Path.Combine(Folder, file + ".cu"));
            return text;
        }
    }

    /// <summary>A digest of a file and of all headers, whether it includes them or not.</summary>
    public string Hash(string file) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(headers.Value + Text(file))));

    private string HashOfHeaders()
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (string path in Directory.EnumerateFiles(Folder, "*", SearchOption.AllDirectories).Where(f => f.EndsWith(".h", StringComparison.Ordinal) || f.EndsWith(".cuh", StringComparison.Ordinal)).Order(StringComparer.Ordinal))
        {
            hash.AppendData(Encoding.UTF8.GetBytes(Path.GetRelativePath(Folder, path)));
            hash.AppendData(File.ReadAllBytes(path));
        }
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }
}
