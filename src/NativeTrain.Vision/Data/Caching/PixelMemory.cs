using System.Runtime.InteropServices;
using NativeTrain.Vision.Images;

namespace NativeTrain.Vision.Data;

/// <summary>The images of a <see cref="PixelLayout"/> in a mapped file.</summary>
/// <param name="memory">What keeps the memory; closed on <see cref="Dispose"/>.</param>
/// <param name="start">From its first byte to the layout's.</param>
/// <param name="sources">The images.</param>
/// <param name="layout">Where they stand.</param>
internal sealed unsafe class PixelMemory(SafeHandle memory, long start, IReadOnlyList<PixelSource> sources, PixelLayout layout) : IDisposable
{
    public RgbView View(int index) => new(Span(index), sources[index].Height, sources[index].Width);

    /// <summary>The image's bytes.</summary>
    /// <exception cref="ObjectDisposedException">The memory is gone.</exception>
    public Span<byte> Span(int index)
    {
        ObjectDisposedException.ThrowIf(memory.IsClosed, this);
        return new Span<byte>((byte*)memory.DangerousGetHandle() + start + layout.Offset(index), (int)sources[index].Bytes);
    }

    public void Dispose() => memory.Dispose();
}
