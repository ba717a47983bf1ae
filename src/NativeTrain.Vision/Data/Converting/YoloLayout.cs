using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using NativeTrain.Core;

namespace NativeTrain.Vision.Data.Converting;

/// <summary>
/// Writes a set in YOLO layout: images/SPLIT, labels/SPLIT and data.yaml. A split is there whole or not at all: it is made
/// in a temporary folder and then moved to its place. A second split is added to the data.yaml of the first.
/// </summary>
public static partial class YoloLayout
{
    private const string Marker = "# written by nativetrain data convert";
    private static readonly string[] AllSplits = ["train", "val", "test"];

    /// <param name="folder">The new set; made where it is missing.</param>
    /// <param name="split">"train", "val" or "test".</param>
    /// <param name="set">What to write.</param>
    /// <param name="link">Hard-link images instead of copying them.</param>
    /// <returns>Objects written, and those that lie outside their image or have no area.</returns>
    /// <exception cref="InputException">The split is there already, the data.yaml is another's or has other classes, or the folder cannot be written to.</exception>
    public static (int Objects, int Dropped) Write(string folder, string split, ForeignSet set, bool link = false)
    {
        ArgumentNullException.ThrowIfNull(set);
        string full = Path.GetFullPath(folder), yaml = Path.Combine(full, "data.yaml");
        string images = Path.Combine(full, "images", split), labels = Path.Combine(full, "labels", split);
        if (Directory.Exists(images) || Directory.Exists(labels)) throw new InputException($"{folder}: has a '{split}' split already; name another folder or split=, or remove it first");
        set = CheckNames(yaml, set);

        string temporary = Path.Combine(full, $".{split}.{Guid.NewGuid():N}.tmp");
        try
        {
            var written = WriteFiles(temporary, set, link);
            foreach (var (made, place) in new[] { ("images", images), ("labels", labels) })
            {
                Directory.CreateDirectory(Path.GetDirectoryName(place)!);
                Directory.Move(Path.Combine(temporary, made), place);
            }
            AtomicFile.WriteText(yaml, Yaml(full, set.Names)); // last, as the sign that the set is whole
            return written;
        }
        // A file longer than the file system or the user's limit allows (EFBIG) arrives as an argument out of range.
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentOutOfRangeException { ParamName: "value" })
        {
            throw new InputException($"{folder}: cannot write the data set: {e.Message}", e);
        }
        finally
        {
            if (Directory.Exists(temporary)) Directory.Delete(temporary, recursive: true);
        }
    }

    /// <summary>A set that is there gives the classes their numbers.</summary>
    private static ForeignSet CheckNames(string yaml, ForeignSet set)
    {
        if (!File.Exists(yaml)) return set;
        if (File.ReadLines(yaml).FirstOrDefault() != Marker) throw new InputException($"{yaml}: is not of this command; name another folder for output=");
        var names = DataYaml.Load(yaml).Names;
        if (set.Names.FirstOrDefault(n => !names.Contains(n)) is { } unknown)
            throw new InputException($"{yaml}: has no class '{unknown}'; convert the split with the most classes first");
        int[] to = [.. set.Names.Select(n => names.Index().First(m => m.Item == n).Index)];
        return set with { Names = names, Images = [.. set.Images.Select(i => i with { Objects = [.. i.Objects.Select(o => o with { Class = to[o.Class] })] })] };
    }

    private static (int, int) WriteFiles(string folder, ForeignSet set, bool link)
    {
        int objects = 0, dropped = 0;
        var taken = new HashSet<string>(StringComparer.Ordinal);
        foreach (var image in set.Images)
        {
            string picture = Path.Combine(folder, "images", image.Name), label = Path.ChangeExtension(Path.Combine(folder, "labels", image.Name), ".txt");
            if (!taken.Add(label)) throw new InputException($"{image.Path}: another image has the same name but for its ending, or is listed twice; labels are found by the name");
            Directory.CreateDirectory(Path.GetDirectoryName(picture)!);
            Directory.CreateDirectory(Path.GetDirectoryName(label)!);
            if (!link) File.Copy(image.Path, picture);
            else if (HardLink(image.Path, picture) != 0) throw new InputException($"{image.Path}: cannot be hard-linked into {folder} (another disk?); leave link= out to copy");

            var text = new StringBuilder();
            foreach (var o in image.Objects)
                if (LabelLine.Of(o, image.Height, image.Width) is { } line) { text.Append(line).Append('\n'); objects++; }
                else dropped++;
            File.WriteAllText(label, text.ToString());
        }
        return (objects, dropped);
    }

    private static string Yaml(string folder, IReadOnlyList<string> names)
    {
        var text = new StringBuilder();
        text.Append(Marker).Append("\npath: .\n");
        string[] there = [.. AllSplits.Where(s => Directory.Exists(Path.Combine(folder, "images", s)))];
        foreach (string split in AllSplits)
            if (there.Contains(split)) text.Append(CultureInfo.InvariantCulture, $"{split}: images/{split}\n");
        text.Append("names:\n");
        for (int i = 0; i < names.Count; i++) text.Append(CultureInfo.InvariantCulture, $"  {i}: {YamlText.Quoted(names[i])}\n");
        return text.ToString();
    }

    [LibraryImport("libc", EntryPoint = "link", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int HardLink(string existing, string made);
}
