using System.Text.Json;
using NativeTrain.Core;

namespace NativeTrain.Vision.Data.Converting;

/// <summary>
/// Reads an instances file of COCO: images, categories and annotations with boxes [x, y, width, height] and outlines
/// (<see cref="CocoOutline"/>). Categories get new numbers, in the file's order; crowds are left out.
/// </summary>
public static class CocoFile
{
    /// <param name="path">The JSON file.</param>
    /// <param name="images">The folder with the images.</param>
    /// <param name="outlines">Whether outlines are wanted (to segment), or boxes (to detect).</param>
    /// <exception cref="InputException">The file is malformed; the message names the place.</exception>
    public static ForeignSet Read(string path, string images, bool outlines)
    {
        ArgumentNullException.ThrowIfNull(path);
        var folder = new ForeignImages(images);
        using var document = Parse(path);
        var root = new JsonPlace(document.RootElement, $"{path}:");
        var tally = new Tally();

        var (names, classOf) = Categories(root.Get("categories"));
        var found = new Dictionary<long, ForeignImage>();
        var leftOut = new HashSet<long>();
        foreach (var item in root.Get("images").Items()) ReadImage(item, folder, found, leftOut, tally);

        var objects = found.Keys.ToDictionary(id => id, _ => new List<ForeignObject>());
        foreach (var item in root.Get("annotations").Items())
        {
            long image = item.Get("image_id").Whole();
            if (leftOut.Contains(image)) continue; // counted with its image
            if (!found.TryGetValue(image, out var on)) tally.Add("annotations of images that the file does not list");
            else if (ReadObject(item, on, classOf, outlines, tally) is { } o) objects[image].Add(o);
        }
        return new ForeignSet(names, [.. found.Select(f => f.Value with { Objects = objects[f.Key] })], tally.Counts);
    }

    private static JsonDocument Parse(string path)
    {
        try
        {
            using var stream = File.OpenRead(path);
            return JsonDocument.Parse(stream);
        }
        catch (JsonException e)
        {
            throw new InputException($"{path}:{e.LineNumber + 1}: malformed JSON at byte {e.BytePositionInLine} of the line", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new InputException($"{path}: cannot be read: {e.Message}", e);
        }
    }

    private static (string[] Names, Dictionary<long, int> ClassOf) Categories(JsonPlace list)
    {
        var names = new List<string>();
        var classOf = new Dictionary<long, int>();
        foreach (var item in list.Items())
        {
            if (!classOf.TryAdd(item.Get("id").Whole(), names.Count)) throw item.Wrong("an id that another category has");
            names.Add(item.Get("name").Text());
        }
        return names.Count > 0 ? ([.. names], classOf) : throw list.Wrong("is empty; at least one category is needed");
    }

    private static void ReadImage(JsonPlace item, ForeignImages folder, Dictionary<long, ForeignImage> found, HashSet<long> leftOut, Tally tally)
    {
        long id = item.Get("id").Whole();
        if (found.ContainsKey(id) || leftOut.Contains(id)) throw item.Wrong("an id that another image has");
        var name = item.Get("file_name");
        string? fault = folder.Find(name.Text(), name.Place) is { } path
            ? ForeignImages.Size(path, out int height, out int width) ?? Take(path, height, width)
            : "images whose file is missing";
        if (fault is null) return;
        leftOut.Add(id);
        tally.Add(fault);

        string? Take(string path, int height, int width)
        {
            // Boxes are in pixels of the size that the file tells; a picture of another size has other boxes.
            if (item.Find("width") is { } w && item.Find("height") is { } h && (w.Whole() != width || h.Whole() != height))
                return "images of another size than the file says";
            found[id] = new ForeignImage(path, folder.NameOf(path), height, width, []);
            return null;
        }
    }

    private static ForeignObject? ReadObject(JsonPlace item, ForeignImage image, Dictionary<long, int> classOf, bool outlines, Tally tally)
    {
        if (item.Find("iscrowd") is { } crowd && crowd.Whole() != 0)
        {
            tally.Add("crowds");
            return null;
        }
        var category = item.Get("category_id");
        if (!classOf.TryGetValue(category.Whole(), out int cls)) throw category.Wrong("no category has this id");
        float[]? outline = null;
        if (outlines && item.Find("segmentation") is { } segmentation)
        {
            outline = CocoOutline.Read(segmentation, image.Height, image.Width);
            if (outline is null) tally.Add("outlines without area (the box is kept)");
        }
        float[] b = [.. item.Get("bbox").Items().Select(n => n.Number())];
        if (b.Length != 4) throw item.Get("bbox").Wrong("takes four numbers: x, y, width, height");
        return new ForeignObject(cls, (b[0], b[1], b[0] + b[2], b[1] + b[3]), outline);
    }
}
