namespace NativeTrain.Vision.Data;

/// <summary>Bytes that go back to where they came from when they are disposed.</summary>
/// <param name="bytes">The memory.</param>
/// <param name="giveBack">Called when nobody needs it any more; null: the collector sees to it.</param>
public sealed class PixelBuffer(Memory<byte> bytes, Action? giveBack = null) : IDisposable
{
    private readonly Memory<byte> bytes = bytes;
    private int disposed;

    /// <summary>No pixels: of batches whose shapes alone matter.</summary>
    public static PixelBuffer None { get; } = new(Memory<byte>.Empty);

    /// <summary>The first <paramref name="count"/> bytes.</summary>
    public Span<byte> Span(int count)
    {
        ObjectDisposedException.ThrowIf(disposed != 0, this);
        return bytes.Span[..count];
    }

    public void Dispose()
    {
        if (this != None && Interlocked.Exchange(ref disposed, 1) == 0) giveBack?.Invoke();
    }
}
