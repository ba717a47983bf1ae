namespace NativeTrain.Vision.Data;

/// <summary>One split of a data set, of whatever task. Disposing frees the cached pixels: after the last loader that reads it.</summary>
public interface IImageSet : IDisposable
{
    /// <summary>Usable images.</summary>
    int Count { get; }

    /// <summary>Labelled objects; of pictures with one class each, the pictures.</summary>
    int Instances { get; }

    /// <summary>Bytes of all decoded pictures, at the size they are used at.</summary>
    long PixelBytes { get; }

    /// <summary>Every file that the set is read from: the usable pictures and, where labels stand in files of their own, those.</summary>
    IEnumerable<string> Files { get; }
}
