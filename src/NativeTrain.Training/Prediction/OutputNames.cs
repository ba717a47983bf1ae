namespace NativeTrain.Training;

/// <summary>
/// Names of the files that predict writes: a.jpg → a.jpg and a.txt; a.bmp, in a format that is not written, → a.png.
/// Where two sources would share a file (a.jpg and a.png both a.txt), each keeps its full name: a.jpg.txt and a.png.txt.
/// </summary>
internal sealed class OutputNames
{
    private readonly HashSet<string> shared;

    /// <param name="files">All pictures of the run.</param>
    public OutputNames(IEnumerable<string> files) =>
        shared = [.. files.GroupBy(f => Path.GetFileNameWithoutExtension(f)).Where(g => g.Count() > 1).Select(g => g.Key)];

    /// <summary>The picture with boxes.</summary>
    public string Picture(string file)
    {
        string name = Path.GetFileName(file);
        return Path.GetExtension(name).ToLowerInvariant() is ".jpg" or ".jpeg" or ".png" ? name : With(name, ".png");
    }

    /// <summary>The detections as text.</summary>
    public string Text(string file) => With(Path.GetFileName(file), ".txt");

    private string With(string name, string ending) =>
        (shared.Contains(Path.GetFileNameWithoutExtension(name)) ? name : Path.GetFileNameWithoutExtension(name)) + ending;
}
