namespace NativeTrain.Vision.Data;

/// <summary>Bytes that go back to where they came from when they are disposed.</summary>
/// <param name="bytes">The memory.</param>
/// <param name="giveBack">Takes it back; null: the collector does.</param>
public sealed class PixelBuffer(byte[] bytes, Action<byte[]>? giveBack = null) : IDisposable
{
    private byte[]? bytes = bytes;

    /// <summary>No pixels: of batches whose shapes alone matter.</summary>
    public static PixelBuffer None { get; } = new([]);

    /// <summary>The first <paramref name="count"/> bytes.</summary>
    public Span<byte> Span(int count)
    {
        ObjectDisposedException.ThrowIf(bytes is null, this);
        return bytes.AsSpan(0, count);
    }

    public void Dispose()
    {
        if (this != None && Interlocked.Exchange(ref bytes, null) is { } mine) giveBack?.Invoke(mine);
    }
}
