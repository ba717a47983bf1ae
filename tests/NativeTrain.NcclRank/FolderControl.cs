using System.Globalization;
using System.Runtime.InteropServices;
using NativeTrain.Core;

namespace NativeTrain.NcclRank;

/// <summary>Ranks that speak through files of a folder, where tests want no MPI: file "k.r" is what rank r gave in the k-th call.</summary>
internal sealed class FolderControl(string folder, int rank, int size) : ICollectives
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private int calls;

    public string Name => "folder";
    public int Rank => rank;
    public int Size => size;
    public IReadOnlyList<string> Hosts { get; } = [.. Enumerable.Repeat("here", size)];

    public IReadOnlyList<byte[]> AllGather(ReadOnlySpan<byte> bytes)
    {
        int call = calls++;
        string own = File(call, rank);
        System.IO.File.WriteAllBytes(own + ".part", bytes);
        System.IO.File.Move(own + ".part", own);
        return [.. Enumerable.Range(0, size).Select(r => Await(File(call, r)))];
    }

    public void AllReduce(Span<double> numbers)
    {
        var parts = AllGather(MemoryMarshal.AsBytes(numbers));
        numbers.Clear();
        foreach (byte[] part in parts)
            for (int i = 0; i < numbers.Length; i++) numbers[i] += MemoryMarshal.Cast<byte, double>(part)[i];
    }

    public void Broadcast(Span<byte> bytes, int root) => AllGather(bytes)[root].CopyTo(bytes);
    public void Barrier() => AllGather([]);
    public void Abort(int exitCode) => Environment.Exit(exitCode);
    public IPending StartAllReduce(IBackend backend, IReadOnlyList<Tensor> tensors) => throw new NotSupportedException("tensors go another way");
    public void AllGather(IBackend backend, Tensor part, Tensor all) => throw new NotSupportedException("tensors go another way");
    public void Dispose() { }

    private string File(int call, int r) => Path.Combine(folder, string.Create(CultureInfo.InvariantCulture, $"{call}.{r}"));

    private static byte[] Await(string file)
    {
        for (var end = DateTime.UtcNow + Patience; !System.IO.File.Exists(file); Thread.Sleep(5))
            if (DateTime.UtcNow > end) throw new TimeoutException($"{Path.GetFileName(file)} does not come");
        return System.IO.File.ReadAllBytes(file);
    }
}
