using NativeTrain.Testing;
using NativeTrain.Vision.Data;
using NativeTrain.Vision.Images;

namespace NativeTrain.Vision.Tests;

/// <summary>Writes sets for classification.</summary>
internal static class ClassifySet
{
    /// <summary>Noise pictures of several sizes as PNG: so many in each class of train, half as many in val.</summary>
    public static ClassifyFolders Write(TemporaryFolder folder, int each = 4, params string[] classes)
    {
        if (classes.Length == 0) classes = ["cat", "dog", "owl"];
        for (int c = 0; c < classes.Length; c++)
            for (int i = 0; i < each + each / 2; i++)
                Picture(folder, $"{(i < each ? "train" : "val")}/{classes[c]}/{i:d2}.png", TestPictures.Noise(20 + 3 * i, 40 - 2 * c - i, 100 * c + i));
        return ClassifyFolders.Load(folder.Path);
    }

    public static string Picture(TemporaryFolder folder, string relative, RgbImage? image = null)
    {
        string path = folder.Nested(relative);
        File.WriteAllBytes(path, TestPictures.Png(image ?? RgbImage.Filled(8, 8, 9)));
        return path;
    }
}
