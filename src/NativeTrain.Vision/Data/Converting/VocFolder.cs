using System.Globalization;
using System.Xml;
using System.Xml.Linq;
using NativeTrain.Core;
using NativeTrain.Vision.Images;

namespace NativeTrain.Vision.Data.Converting;

/// <summary>
/// Reads the annotations of Pascal VOC: an XML file an image, with boxes whose corners are pixels counted from 1, both
/// belonging to the box. Objects marked difficult are left out, as in the challenge's own evaluation. Classes are numbered in
/// ordinal order of their names.
/// </summary>
public static class VocFolder
{
    /// <param name="path">The folder with the XML files.</param>
    /// <param name="images">The folder with the images.</param>
    /// <exception cref="InputException">No annotation is there, or one is malformed; the message names file and line.</exception>
    public static ForeignSet Read(string path, string images)
    {
        if (!Directory.Exists(path)) throw new InputException($"{path}: no such folder; from=voc takes a folder of XML files");
        string[] files = [.. Directory.EnumerateFiles(path, "*.xml").Order(StringComparer.Ordinal)];
        if (files.Length == 0) throw new InputException($"{path}: holds no .xml file; from=voc takes the folder of annotations");
        var folder = new ForeignImages(images);
        var tally = new Tally();
        var read = files.Select(f => ReadFile(f, folder, tally)).OfType<(ForeignImage Image, (string Name, ForeignObject Object)[] Objects)>().ToList();

        string[] names = [.. read.SelectMany(r => r.Objects).Select(o => o.Name).Distinct().Order(StringComparer.Ordinal)];
        if (names.Length == 0) throw new InputException($"{path}: no object in any of its {files.Length} files whose image is there");
        var classOf = names.Select((name, i) => (name, i)).ToDictionary(n => n.name, n => n.i);
        return new ForeignSet(names, [.. read.Select(r => r.Image with { Objects = [.. r.Objects.Select(o => o.Object with { Class = classOf[o.Name] })] })], tally.Counts);
    }

    private static (ForeignImage, (string, ForeignObject)[])? ReadFile(string file, ForeignImages folder, Tally tally)
    {
        var root = Load(file);
        string named = (string?)root.Element("filename") ?? Path.GetFileName(file);
        // Many sets name another file than the one beside: the annotation's own name counts next.
        string stem = Path.GetFileNameWithoutExtension(file);
        string? path = folder.Find(named, Place(file, root)) ?? ImageFile.Extensions.Select(e => folder.Find(stem + e, file)).FirstOrDefault(f => f is not null);
        string? fault = "images whose file is missing";
        int height = 0, width = 0;
        if (path is null || (fault = ForeignImages.Size(path, out height, out width)) is not null)
        {
            tally.Add(fault!);
            return null;
        }
        var objects = new List<(string, ForeignObject)>();
        foreach (var item in root.Elements("object"))
        {
            if (((string?)item.Element("difficult"))?.Trim() == "1") tally.Add("objects marked difficult");
            else objects.Add((Name(file, item), new ForeignObject(0, Box(file, item))));
        }
        return (new ForeignImage(path, folder.NameOf(path), height, width, []), [.. objects]);
    }

    /// <summary>Loads a file that may name no document type: such a type could make the reader fetch other files or grow without end.</summary>
    private static XElement Load(string file)
    {
        try
        {
            using var stream = File.OpenRead(file);
            using var reader = XmlReader.Create(stream, new XmlReaderSettings { DtdProcessing = DtdProcessing.Prohibit, XmlResolver = null });
            var root = XElement.Load(reader, LoadOptions.SetLineInfo);
            return root.Name.LocalName == "annotation" ? root : throw new InputException($"{Place(file, root)}: <{root.Name.LocalName}> is no annotation of Pascal VOC, which begins with <annotation>");
        }
        catch (XmlException e)
        {
            throw new InputException($"{file}:{Math.Max(1, e.LineNumber)}: malformed XML: {e.Message}", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new InputException($"{file}: cannot be read: {e.Message}", e);
        }
    }

    private static string Name(string file, XElement item) =>
        ((string?)item.Element("name"))?.Trim() is { Length: > 0 } name ? name : throw new InputException($"{Place(file, item)}: an <object> without a <name>");

    private static (float, float, float, float) Box(string file, XElement item)
    {
        var box = item.Element("bndbox") ?? throw new InputException($"{Place(file, item)}: an <object> without a <bndbox>");
        // Pixel 1 reaches from edge 0 to edge 1.
        return (Corner("xmin") - 1, Corner("ymin") - 1, Corner("xmax"), Corner("ymax"));

        float Corner(string name) =>
            float.TryParse((string?)box.Element(name), NumberStyles.Float, CultureInfo.InvariantCulture, out float value) && float.IsFinite(value)
                ? value
                : throw new InputException($"{Place(file, box)}: <bndbox> needs a number <{name}>");
    }

    private static string Place(string file, IXmlLineInfo item) => $"{file}:{item.LineNumber}";
}
