using NativeTrain.Testing;
using NativeTrain.Vision.Data;
using NativeTrain.Vision.Images;
using StbImageWriteSharp;

namespace NativeTrain.Vision.Tests;

/// <summary>Pictures for tests to write and read.</summary>
internal static class TestPictures
{
    public static RgbImage Noise(int height, int width, int seed = 1)
    {
        var image = new RgbImage(height, width);
        new Random(seed).NextBytes(image.Pixels);
        return image;
    }

    public static byte[] Jpeg(RgbImage image, int quality = 95)
    {
        using var memory = new MemoryStream();
        new ImageWriter().WriteJpg(image.Pixels, image.Width, image.Height, ColorComponents.RedGreenBlue, memory, quality);
        return memory.ToArray();
    }

    public static byte[] Png(RgbImage image)
    {
        using var memory = new MemoryStream();
        new ImageWriter().WritePng(image.Pixels, image.Width, image.Height, ColorComponents.RedGreenBlue, memory);
        return memory.ToArray();
    }

    public static byte[] Bmp(RgbImage image)
    {
        using var memory = new MemoryStream();
        new ImageWriter().WriteBmp(image.Pixels, image.Width, image.Height, ColorComponents.RedGreenBlue, memory);
        return memory.ToArray();
    }

    public static void Fill(RgbImage image, int x1, int y1, int x2, int y2, byte r, byte g, byte b)
    {
        for (int y = y1; y < y2; y++)
            for (int x = x1; x < x2; x++)
                (image.Pixels[(y * image.Width + x) * 3], image.Pixels[(y * image.Width + x) * 3 + 1], image.Pixels[(y * image.Width + x) * 3 + 2]) = (r, g, b);
    }

    /// <summary>Writes a set of PNG pictures with their label files and returns its data.yaml.</summary>
    public static DataYaml WriteSet(TemporaryFolder folder, IEnumerable<(RgbImage Image, string Labels)> items, string names = "[a, b]")
    {
        int i = 0;
        foreach (var (image, labels) in items)
        {
            File.WriteAllBytes(folder.Nested($"images/train/{i:d3}.png"), Png(image));
            folder.Write($"labels/train/{i:d3}.txt", labels);
            i++;
        }
        return DataYaml.Load(folder.Write("data.yaml", $"train: images/train\nval: images/train\nnames: {names}\n"));
    }
}
