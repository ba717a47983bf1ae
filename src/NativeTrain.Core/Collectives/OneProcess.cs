namespace NativeTrain.Core;

/// <summary>A training without a launcher: sums over one rank are what they are, and nothing is sent.</summary>
public sealed class OneProcess : ICollectives, IPending
{
    public static OneProcess Instance { get; } = new();

    private OneProcess() { }

    public string Name => "one process";
    public int Rank => 0;
    public int Size => 1;
    public IReadOnlyList<string> Hosts { get; } = [Environment.MachineName];

    public IPending StartAllReduce(IBackend backend, IReadOnlyList<Tensor> tensors) => this;

    public void AllGather(IBackend backend, Tensor part, Tensor all)
    {
        ArgumentNullException.ThrowIfNull(backend);
        backend.Copy(part, all, accumulate: false);
    }

    public void AllReduce(Span<double> numbers) { }
    public void Broadcast(Span<byte> bytes, int root) { }
    public IReadOnlyList<byte[]> AllGather(ReadOnlySpan<byte> bytes) => [bytes.ToArray()];
    public void Barrier() { }
    public void Abort(int exitCode) => Environment.Exit(exitCode);

    /// <summary>What was begun was done at once.</summary>
    public void Wait() { }

    public void Dispose() { }
}
