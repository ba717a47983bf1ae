namespace NativeTrain.Vision.Data;

/// <summary>What tells whether an image file is still the one that was decoded.</summary>
/// <param name="Length">Bytes.</param>
/// <param name="Written">When it was last written, in ticks of UTC.</param>
internal readonly record struct ImageStamp(long Length, long Written)
{
    /// <summary>A missing file has a stamp too: no length, and no time that a file could have.</summary>
    public static ImageStamp Of(string path)
    {
        var file = new FileInfo(path);
        return file.Exists ? new ImageStamp(file.Length, file.LastWriteTimeUtc.Ticks) : new ImageStamp(-1, -1);
    }
}
