using NativeTrain.Core;
using NativeTrain.Vision.Images;

namespace NativeTrain.Vision.Data;

/// <summary>
/// The pixels of a set's images. What an image's pixels are does not depend on the store; how soon they are there does.
/// Safe to read from several threads; to be disposed after the last of them.
/// </summary>
public interface IPixelStore : IDisposable
{
    /// <summary>The pixels of image <paramref name="index"/>, until the store is disposed. Not to be written to.</summary>
    /// <exception cref="InputException">The file's pixels are damaged, or the file is no longer there.</exception>
    RgbView Load(int index);

    /// <summary>
    /// The pixels of several images as a batch [N, height, width, 3], where each has this shape and they lie in the store one
    /// behind the other; null elsewhere. Valid until the store is disposed. Not to be written to.
    /// </summary>
    Memory<byte>? Batch(IReadOnlyList<int> indices, int height, int width) => null;
}
