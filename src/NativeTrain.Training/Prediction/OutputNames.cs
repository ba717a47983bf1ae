namespace NativeTrain.Training;

/// <summary>
/// Names of the files that are written of pictures: a.jpg → a.jpg and a.txt; a.bmp, in a format that is not written, →
/// a.png. Where two pictures would share a file (a.jpg and a.png both a.txt), each keeps its full name: a.jpg.txt and
/// a.png.txt. Pictures of one name in several folders are numbered in the order of their paths: a.jpg, a-2.jpg, ….
/// </summary>
internal sealed class OutputNames
{
    private readonly Dictionary<string, string> names = [];
    private readonly HashSet<string> shared;

    /// <param name="files">All pictures of the run.</param>
    /// <param name="nameOf">What of a picture's path is its name; null: the file's name, without folders.</param>
    public OutputNames(IEnumerable<string> files, Func<string, string>? nameOf = null)
    {
        nameOf ??= path => Path.GetFileName(path);
        var taken = new HashSet<string>(StringComparer.Ordinal);
        string[] paths = [.. files.Distinct().Order(StringComparer.Ordinal)];
        foreach (string path in paths)
            if (taken.Add(nameOf(path))) names[path] = nameOf(path);
        foreach (string path in paths.Where(p => !names.ContainsKey(p)))
        {
            int number = 2;
            while (!taken.Add(Numbered(nameOf(path), number))) number++;
            names[path] = Numbered(nameOf(path), number);
        }
        shared = [.. names.Values.GroupBy(Stem).Where(g => g.Count() > 1).Select(g => g.Key)];

        static string Numbered(string name, int number) => $"{Stem(name)}-{number}{Path.GetExtension(name)}";
    }

    /// <summary>The picture itself, as a name that no other has.</summary>
    public string this[string file] => names[file];

    /// <summary>The picture with boxes.</summary>
    public string Picture(string file)
    {
        string name = names[file];
        return Path.GetExtension(name).ToLowerInvariant() is ".jpg" or ".jpeg" or ".png" ? name : With(name, ".png");
    }

    /// <summary>The detections as text.</summary>
    public string Text(string file) => With(names[file], ".txt");

    private string With(string name, string ending) => (shared.Contains(Stem(name)) ? name : Stem(name)) + ending;

    private static string Stem(string name) => Path.ChangeExtension(name, null);
}
