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
    /// holds the same set, nothing is done.
    /// </summary>
    /// <param name="folder">Created if missing.</param>
    /// <param name="train">Training images.</param>
    /// <param name="val">Validation images.</param>
    /// <param name="size">Side of the square images in pixels.</param>
    /// <param name="seed">What is drawn.</param>
    /// <param name="progress">Called now and then with images written and images in all; from any thread.</param>
    /// <exception cref="InputException">A number out of range, the folder holds something else, or it cannot be written.</exception>
    public static void Write(string folder, int train, int val, int size, int seed, Action<int, int>? progress = null)
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
        try
        {
            WriteImages(folder, train, val, size, seed, progress);
            // Last, as the sign that the set is whole.
            File.WriteAllText(yaml, $"{marker}\npath: .\ntrain: images/train\nval: images/val\nnames:\n{string.Concat(ShapesPicture.ClassNames.Select((n, i) => $"  {i}: {n}\n"))}");
        }
        catch (Exception e) when (Unwrap(e) is IOException or UnauthorizedAccessException)
        {
            throw new InputException($"{folder}: cannot write the data set: {Unwrap(e).Message}", e);
        }
    }

    private static void WriteImages(string folder, int train, int val, int size, int seed, Action<int, int>? progress)
    {
        foreach (string split in new[] { "train", "val" })
        {
            Directory.CreateDirectory(Path.Combine(folder, "images", split));
            Directory.CreateDirectory(Path.Combine(folder, "labels", split));
        }
        int done = 0;
        Parallel.For(0, train + val, i =>
        {
            var (split, name) = i < train ? ("train", $"{i:d5}") : ("val", $"{i - train:d5}");
            var picture = ShapesPicture.Draw(size, new SampleRandom(seed, 0, i));
            WriteJpeg(Path.Combine(folder, "images", split, name + ".jpg"), picture.Image);
            File.WriteAllText(Path.Combine(folder, "labels", split, name + ".txt"), Labels(picture.Boxes, size));
            int now = Interlocked.Increment(ref done);
            if (now % 16 == 0 || now == train + val) progress?.Invoke(now, train + val);
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
