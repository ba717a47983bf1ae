using System.Globalization;
using System.Text;
using NativeTrain.Core;
using NativeTrain.Vision.Images;
using NativeTrain.Vision.Models;
using StbImageWriteSharp;

namespace NativeTrain.Vision.Data;

/// <summary>
/// Writes a data set of drawn shapes (circles, squares, triangles and stars of all sizes, colours and turns, partly
/// over one another, on patterned backgrounds, with noise), so that a first training needs no download. The same
/// numbers give the same bytes.
/// </summary>
public static class ShapesGenerator
{
    /// <summary>Sides of an image, in pixels.</summary>
    public const int LeastSide = 32, MostSide = 4096;

    private const int JpegQuality = 92;

    /// <summary>
    /// Writes images/{train,val}, labels/{train,val} and data.yaml into <paramref name="folder"/>; to classify, instead of
    /// images and labels, a folder for each split and in it one for each class. Where it already holds the same set,
    /// nothing is done. The set is there whole or not at all: it is made in a temporary folder and then moved to its
    /// place.
    /// </summary>
    /// <param name="folder">Created if missing.</param>
    /// <param name="train">Training images.</param>
    /// <param name="val">Validation images.</param>
    /// <param name="size">Side of the square images in pixels.</param>
    /// <param name="seed">What is drawn.</param>
    /// <param name="task">What is learned from it: boxes around the shapes, their outlines, or the one shape a picture shows.</param>
    /// <param name="test">Test images; 0: no such split.</param>
    /// <param name="cancellation">Ends the work; nothing is left then.</param>
    /// <exception cref="InputException">A number out of range, the folder holds something else, or it cannot be written.</exception>
    public static void Write(string folder, int train, int val, int size, int seed, YoloTask task = YoloTask.Detect, int test = 0, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(folder);
        if (train < 1 || val < 1) throw new InputException($"a set needs at least one image to train and one to validate (train={train}, val={val})");
        if (task == YoloTask.Classify && train < ShapesPicture.ClassNames.Length)
            throw new InputException($"train={train}: to classify takes at least one image of each of the {ShapesPicture.ClassNames.Length} classes");
        if (size is < LeastSide or > MostSide) throw new InputException($"imgsz={size}: images have a side of {LeastSide} to {MostSide} pixels");

        (string Name, int Count)[] splits = [("train", train), ("val", val), .. test > 0 ? new[] { ("test", test) } : []];
        string what = task switch { YoloTask.Segment => " to segment", YoloTask.Classify => " to classify", _ => "" };
        string marker = $"# {string.Join(" + ", splits.Select(s => s.Count))} drawn images{what} of {size}×{size} pixels, seed {seed}";
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
            if (task == YoloTask.Classify) WriteClasses(temporary, splits, size, seed, cancellation);
            else WriteImages(temporary, splits, size, seed, task == YoloTask.Segment, cancellation);
            File.WriteAllText(Path.Combine(temporary, "data.yaml"), $"{marker}\n{Yaml(splits, task)}");
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
        foreach (string part in Directory.GetDirectories(finished))
            Directory.Move(part, Path.Combine(folder, Path.GetFileName(part)));
        // Last, as the sign that the set is whole.
        File.Move(Path.Combine(finished, "data.yaml"), Path.Combine(folder, "data.yaml"));
    }

    private static string Yaml((string Name, int Count)[] splits, YoloTask task)
    {
        bool classify = task == YoloTask.Classify;
        var text = new StringBuilder("path: .\n");
        foreach (var (name, _) in splits) text.Append(CultureInfo.InvariantCulture, $"{name}: {(classify ? "" : "images/")}{name}\n");
        // A classifier's classes are its folders.
        if (!classify) text.Append("names:\n").AppendJoin("", ShapesPicture.ClassNames.Select((n, i) => $"  {i}: {n}\n"));
        return text.ToString();
    }

    private static void WriteImages(string folder, (string Name, int Count)[] splits, int size, int seed, bool outlines, CancellationToken cancellation)
    {
        foreach (var (split, _) in splits)
        {
            Directory.CreateDirectory(Path.Combine(folder, "images", split));
            Directory.CreateDirectory(Path.Combine(folder, "labels", split));
        }
        ForEach(splits, (i, split, number) =>
        {
            var picture = ShapesPicture.Draw(size, new SampleRandom(seed, 0, i), outlines);
            WriteJpeg(Path.Combine(folder, "images", split, $"{number:d5}.jpg"), picture.Image);
            File.WriteAllText(Path.Combine(folder, "labels", split, $"{number:d5}.txt"), Labels(picture.Boxes, size));
        }, cancellation);
    }

    private static void WriteClasses(string folder, (string Name, int Count)[] splits, int size, int seed, CancellationToken cancellation)
    {
        string[] names = ShapesPicture.ClassNames;
        foreach (var (split, _) in splits)
            foreach (string name in names)
                Directory.CreateDirectory(Path.Combine(folder, split, name));
        ForEach(splits, (i, split, number) =>
        {
            int kind = number % names.Length;
            WriteJpeg(Path.Combine(folder, split, names[kind], $"{number:d5}.jpg"), ShapesPicture.DrawOne(size, new SampleRandom(seed, 0, i), kind).Image);
        }, cancellation);
    }

    /// <summary>Makes the images of all splits on all cores; each is told its number in all, its split and its number there.</summary>
    private static void ForEach((string Name, int Count)[] splits, Action<int, string, int> make, CancellationToken cancellation) =>
        Parallel.For(0, splits.Sum(s => s.Count), new ParallelOptions { CancellationToken = cancellation }, i =>
        {
            int number = i, split = 0;
            while (number >= splits[split].Count) number -= splits[split++].Count;
            make(i, splits[split].Name, number);
        });

    private static string Labels(List<PixelBox> boxes, int size)
    {
        var text = new StringBuilder();
        foreach (var b in boxes)
        {
            text.Append(CultureInfo.InvariantCulture, $"{b.Class}");
            float[] numbers = b.Polygon ?? [(b.X1 + b.X2) / 2, (b.Y1 + b.Y2) / 2, b.Width, b.Height];
            foreach (float n in numbers) text.Append(CultureInfo.InvariantCulture, $" {n / size:0.######}");
            text.Append('\n');
        }
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
