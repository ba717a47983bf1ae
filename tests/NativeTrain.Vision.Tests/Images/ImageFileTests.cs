using NativeTrain.Core;
using NativeTrain.Testing;
using NativeTrain.Vision.Images;
using Xunit;

namespace NativeTrain.Vision.Tests;

public sealed class ImageFileTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    // Four flat quarters of 16×16 blocks, so that JPEG keeps their colours: upright, red is upper left, green upper right, blue lower left.
    private static RgbImage Upright()
    {
        var image = RgbImage.Filled(32, 48, 250);
        TestPictures.Fill(image, 0, 0, 16, 16, 230, 20, 20);
        TestPictures.Fill(image, 32, 0, 48, 16, 20, 200, 20);
        TestPictures.Fill(image, 0, 16, 16, 32, 20, 20, 220);
        return image;
    }

    /// <summary>The picture as a camera would store it: where upright pixel (y, x) lies, from the EXIF standard's table of row 0 and column 0.</summary>
    private static RgbImage Stored(RgbImage upright, int orientation)
    {
        int h = upright.Height, w = upright.Width;
        var stored = orientation >= 5 ? new RgbImage(w, h) : new RgbImage(h, w);
        for (int y = 0; y < h; y++)
            for (int x = 0; x < w; x++)
            {
                var (sy, sx) = orientation switch
                {
                    1 => (y, x),                               // row 0 top, column 0 left
                    2 => (y, w - 1 - x),                       // top, right
                    3 => (h - 1 - y, w - 1 - x),               // bottom, right
                    4 => (h - 1 - y, x),                       // bottom, left
                    5 => (x, y),                               // row 0 left, column 0 top
                    6 => (w - 1 - x, y),                       // right, top
                    7 => (w - 1 - x, h - 1 - y),               // right, bottom
                    _ => (x, h - 1 - y),                       // 8: left, bottom
                };
                upright.Pixels.AsSpan((y * w + x) * 3, 3).CopyTo(stored.Pixels.AsSpan((sy * stored.Width + sx) * 3, 3));
            }
        return stored;
    }

    /// <summary>Puts an APP1 segment with one EXIF entry, the orientation, behind the JPEG's first marker.</summary>
    private static byte[] WithOrientation(byte[] jpeg, byte orientation, bool little)
    {
        byte[] tiff = little
            ? [(byte)'I', (byte)'I', 42, 0, 8, 0, 0, 0, 1, 0, 0x12, 0x01, 3, 0, 1, 0, 0, 0, orientation, 0, 0, 0, 0, 0, 0, 0]
            : [(byte)'M', (byte)'M', 0, 42, 0, 0, 0, 8, 0, 1, 0x01, 0x12, 0, 3, 0, 0, 0, 1, 0, orientation, 0, 0, 0, 0, 0, 0];
        byte[] content = [.. "Exif\0\0"u8, .. tiff];
        int length = content.Length + 2;
        return [.. jpeg[..2], 0xFF, 0xE1, (byte)(length >> 8), (byte)length, .. content, .. jpeg[2..]];
    }

    [Theory]
    [InlineData(1, false)]
    [InlineData(2, false)]
    [InlineData(3, true)]
    [InlineData(4, false)]
    [InlineData(5, true)]
    [InlineData(6, false)]
    [InlineData(6, true)]
    [InlineData(7, false)]
    [InlineData(8, true)]
    public void OrientationIsApplied(byte orientation, bool little)
    {
        var upright = Upright();
        string path = folder.File("turned.jpg");
        File.WriteAllBytes(path, WithOrientation(TestPictures.Jpeg(Stored(upright, orientation)), orientation, little));

        Assert.Equal((32, 48), ImageFile.ReadSize(path));
        var loaded = ImageFile.Load(path);
        Assert.Equal((32, 48), (loaded.Height, loaded.Width));
        foreach (var (y, x) in new[] { (8, 8), (8, 40), (24, 8), (24, 40), (8, 24) })
            for (int c = 0; c < 3; c++)
                Assert.InRange(loaded.Pixels[(y * 48 + x) * 3 + c], upright.Pixels[(y * 48 + x) * 3 + c] - 12, upright.Pixels[(y * 48 + x) * 3 + c] + 12);
    }

    [Fact]
    public void PngIsReadAsItIs()
    {
        var image = TestPictures.Noise(21, 13);
        string path = folder.File("noise.png");
        File.WriteAllBytes(path, TestPictures.Png(image));
        Assert.Equal((21, 13), ImageFile.ReadSize(path));
        Assert.Equal(image.Pixels, ImageFile.Load(path).Pixels);
    }

    [Fact]
    public void AlphaIsDroppedAndGreySpread()
    {
        byte[] rgba = [10, 20, 30, 0, 40, 50, 60, 255];
        string path = folder.File("alpha.png");
        using (var stream = File.Create(path))
            new StbImageWriteSharp.ImageWriter().WritePng(rgba, 2, 1, StbImageWriteSharp.ColorComponents.RedGreenBlueAlpha, stream);
        Assert.Equal([10, 20, 30, 40, 50, 60], ImageFile.Load(path).Pixels);

        path = folder.File("grey.png");
        using (var stream = File.Create(path))
            new StbImageWriteSharp.ImageWriter().WritePng(new byte[] { 7, 200 }, 2, 1, StbImageWriteSharp.ColorComponents.Grey, stream);
        Assert.Equal([7, 7, 7, 200, 200, 200], ImageFile.Load(path).Pixels);
    }

    [Fact]
    public void BmpIsRead()
    {
        var image = TestPictures.Noise(5, 7);
        string path = folder.File("noise.bmp");
        using (var stream = File.Create(path))
            new StbImageWriteSharp.ImageWriter().WriteBmp(image.Pixels, 7, 5, StbImageWriteSharp.ColorComponents.RedGreenBlue, stream);
        Assert.Equal((5, 7), ImageFile.ReadSize(path));
        Assert.Equal(image.Pixels, ImageFile.Load(path).Pixels);
    }

    [Theory]
    [InlineData("jpg")]
    [InlineData("png")]
    [InlineData("bmp")]
    public void ACutFileIsUnreadableWhereverItIsCut(string kind)
    {
        var image = TestPictures.Noise(40, 40);
        byte[] whole;
        using (var stream = new MemoryStream())
        {
            var writer = new StbImageWriteSharp.ImageWriter();
            if (kind == "bmp") writer.WriteBmp(image.Pixels, 40, 40, StbImageWriteSharp.ColorComponents.RedGreenBlue, stream);
            whole = kind switch { "jpg" => TestPictures.Jpeg(image), "png" => TestPictures.Png(image), _ => stream.ToArray() };
        }
        string path = folder.File("cut." + kind);
        for (int length = 0; length < whole.Length - 1; length += 1 + whole.Length / 37)
        {
            File.WriteAllBytes(path, whole[..length]);
            Assert.Contains(path, Assert.Throws<InputException>(() => ImageFile.ReadSize(path)).Message);
            var e = Assert.Throws<InputException>(() => ImageFile.Load(path));
            Assert.Contains(path, e.Message);
            Assert.DoesNotContain('\n', e.Message);
        }
    }

    [Fact]
    public void OtherFilesAreUnreadable()
    {
        Assert.Contains("nowhere.jpg", Assert.Throws<InputException>(() => ImageFile.Load(folder.File("nowhere.jpg"))).Message);
        string text = folder.Write("text.jpg", "not a picture, whatever its name says");
        Assert.Contains("not a JPEG", Assert.Throws<InputException>(() => ImageFile.Load(text)).Message);
    }

    [SharedFact]
    public void RealPhotographsAreRead()
    {
        string first = Directory.GetFiles(Shared.File("data/bccd/images/val"), "*.jpg").Order(StringComparer.Ordinal).First();
        Assert.Equal((480, 640), ImageFile.ReadSize(first));
        var image = ImageFile.Load(first);
        Assert.Equal((480, 640), (image.Height, image.Width));
        Assert.True(image.Pixels.Distinct().Count() > 100);
    }
}
