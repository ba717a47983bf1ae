using System.Globalization;
using System.Text;
using NativeTrain.Core;
using NativeTrain.Vision.Images;
using StbImageWriteSharp;

namespace NativeTrain.Vision.Data;

/// <summary>
/// Writes a data set of drawn shapes (circles, squares, triangles and stars of all sizes, colours and turns, partly
/// over one another, on patterned backgrounds, with noise), so that a first training needs no download. The same
/// numbers give the same bytes.
/// </summary>
public static class ShapesGenerator
{
    private const int JpegQuality = 92;

    /// <summary>
    /// Writes images/{train,val}, labels/{train,val} and data.yaml into <paramref name="folder"/>. Where it already
    /// holds the same set, nothing is done. The set is there whole or not at all: it is made in a temporary folder
    /// and then moved to its place.
    /// </summary>
    /// <param name="folder">Created if missing.</param>
    /// <param name="train">Training images.</param>
    /// <param name="val">Validation images.</param>
    /// <param name="size">Side of the square images in pixels.</param>
    /// <param name="seed">What is drawn.</param>
    /// <exception cref="InputException">A number out of range, the folder holds something else, or it cannot be written.</exception>
    public static void Write(string folder, int train, int val, int size, int seed)
    {
        ArgumentNullException.ThrowIfNull(folder);
        if (train < 1 || val < 1) throw new InputException($"a set needs at least one image to train and one to validate (train={train}, val={val})");
        if (size is < 32 or > 4096) throw new InputException($"size={size}: images have a side of 32 to 4096 pixels");

        string marker = $"# {train} + {val} drawn images of {size}×{size} pixels, seed {seed}";
        string yaml = Path.Combine(folder, "data.yaml");
        if (File.Exists(yaml) && File.ReadLines(yaml).FirstOrDefault() == marker) return;
        if (File.Exists(folder)) throw new InputException($"{folder}: is a file; name a folder for the data set");
        if (Directory.Exists(folder) && Directory.EnumerateFileSystemEntries(folder).Any())
            throw new InputException($"{folder}: is not empty; name another folder, or remove it first");
        string full = Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder));
        // On the same file system as the set will be, so that moving is renaming.
        string temporary = Path.Combine(Directory.Exists(full) ? full : Path.GetDirectoryName(full)!, $".{Path.GetFileName(full)}.{Guid.NewGuid():N}.tmp");
        try
        {
            WriteImages(temporary, train, val, size, seed);
            File.WriteAllText(Path.Combine(temporary, "data.yaml"), $"{marker}\npath: .\ntrain: images/train\nval: images/val\nnames:\n{string.Concat(ShapesPicture.ClassNames.Select((n, i) => $"  {i}: {n}\n"))}");
            MoveInto(full, temporary);
        }
        // A file longer than the file system or the user's limit allows (EFBIG) arrives as an argument out of range.
        catch (Exception e) when (Unwrap(e) is IOException or UnauthorizedAccessException or ArgumentOutOfRangeException { ParamName: "value" })
        {
            throw new InputException($"{folder}: cannot write the data set: {Unwrap(e).Message}", e);
        }
        finally
        {
            if (Directory.Exists(temporary)) Directory.Delete(temporary, recursive: true);
        }
    }

    /// <summary>Makes the finished set the folder's content; a folder that is there, empty, stays (it may be in use).</summary>
    private static void MoveInto(string folder, string finished)
    {
        if (!Directory.Exists(folder))
        {
            Directory.Move(finished, folder);
            return;
        }
        foreach (string name in new[] { "images", "labels" })
            Directory.Move(Path.Combine(finished, name), Path.Combine(folder, name));
        // Last, as the sign that the set is whole.
        File.Move(Path.Combine(finished, "data.yaml"), Path.Combine(folder, "data.yaml"));
    }

    private static void WriteImages(string folder, int train, int val, int size, int seed)
    {
        foreach (string split in new[] { "train", "val" })
        {
            Directory.CreateDirectory(Path.Combine(folder, "images", split));
            Directory.CreateDirectory(Path.Combine(folder, "labels", split));
        }
        Parallel.For(0, train + val, i =>
        {
            var (split, name) = i < train ? ("train", $"{i:d5}") : ("val", $"{i - train:d5}");
            var picture = ShapesPicture.Draw(size, new SampleRandom(seed, 0, i));
            WriteJpeg(Path.Combine(folder, "images", split, name + ".jpg"), picture.Image);
            File.WriteAllText(Path.Combine(folder, "labels", split, name + ".txt"), Labels(picture.Boxes, size));
        });
    }

    private static string Labels(List<PixelBox> boxes, int size)
    {
        var text = new StringBuilder();
        foreach (var b in boxes)
            text.Append(CultureInfo.InvariantCulture, $"{b.Class} {(b.X1 + b.X2) / 2 / size:0.######} {(b.Y1 + b.Y2) / 2 / size:0.######} {b.Width / size:0.######} {b.Height / size:0.######}\n");
        return text.ToString();
    }

    private static void WriteJpeg(string path, RgbImage image)
    {
        using var memory = new MemoryStream();
        new ImageWriter().WriteJpg(image.Pixels, image.Width, image.Height, ColorComponents.RedGreenBlue, memory, JpegQuality);
        File.WriteAllBytes(path, memory.ToArray());
    }

    private static Exception Unwrap(Exception e) => e is AggregateException { InnerException: { } inner } ? Unwrap(inner) : e;
}
