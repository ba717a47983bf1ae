using System.Runtime.InteropServices;

namespace NativeTrain.Vision.Images;

/// <summary>
/// The native pixel loops (native/cpu/image). Images are dense [H, W, 3] RGB bytes. Every call runs on the calling
/// thread, so loader workers scale by themselves.
/// </summary>
public static unsafe partial class NativeImage
{
    private const string Library = "nativetrain_cpu";

    /// <summary>Bilinear resize with half-pixel centres and no antialiasing, to the bit as OpenCV's INTER_LINEAR.</summary>
    public static void Resize(ReadOnlySpan<byte> source, int height, int width, Span<byte> destination, int newHeight, int newWidth)
    {
        Require(source.Length, height, width);
        Require(destination.Length, newHeight, newWidth);
        fixed (byte* s = source, d = destination)
            Check(nt_image_resize(s, height, width, d, newHeight, newWidth));
    }

    /// <summary>
    /// The window [top, top + rows) × [left, left + columns) at another size, by a triangle filter: bilinear where it
    /// grows, antialiased where it shrinks. Pixels outside the window have no part in it.
    /// </summary>
    public static void Resample(ReadOnlySpan<byte> source, int height, int width, int top, int left, int rows, int columns, Span<byte> destination, int newHeight, int newWidth)
    {
        Require(source.Length, height, width);
        Require(destination.Length, newHeight, newWidth);
        fixed (byte* s = source, d = destination)
            Check(nt_image_resample(s, height, width, top, left, rows, columns, d, newHeight, newWidth));
    }

    /// <summary>
    /// destination[y][x] = source at inverse·(x, y, 1), bilinear, pixel centres at whole numbers; <paramref name="fill"/> outside.
    /// </summary>
    /// <param name="inverse">Row-major 3×3, from destination to source positions.</param>
    /// <param name="perspective">False promises that the last row of <paramref name="inverse"/> is 0 0 1 (quicker).</param>
    /// <param name="cut">At the source's border, false blends with <paramref name="fill"/> (OpenCV); true cuts half a pixel beyond the outermost centres, where the edge's pixels go on (Pillow).</param>
    public static void Warp(ReadOnlySpan<byte> source, int height, int width, Span<byte> destination, int newHeight, int newWidth, ReadOnlySpan<double> inverse, bool perspective, byte fill, bool cut = false)
    {
        Require(source.Length, height, width);
        Require(destination.Length, newHeight, newWidth);
        if (inverse.Length != 9) throw new ArgumentException("the matrix is 3×3", nameof(inverse));
        fixed (byte* s = source, d = destination)
        fixed (double* m = inverse)
            Check(nt_image_warp(s, height, width, d, newHeight, newWidth, m, perspective ? 1 : 0, fill, cut ? 1 : 0));
    }

    /// <summary>Multiplies hue (modulo its circle), saturation and value (both clipped), in place.</summary>
    public static void Hsv(Span<byte> image, float hue, float saturation, float value)
    {
        fixed (byte* p = image)
            Check(nt_image_hsv(p, image.Length / 3, hue, saturation, value));
    }

    /// <summary>Mirrors in place: left-right (<paramref name="horizontal"/>) and/or up-down.</summary>
    public static void Flip(Span<byte> image, int height, int width, bool horizontal, bool vertical)
    {
        Require(image.Length, height, width);
        fixed (byte* p = image)
            Check(nt_image_flip(p, height, width, horizontal ? 1 : 0, vertical ? 1 : 0));
    }

    /// <summary>Copies <paramref name="source"/> with its corner at (y, x) of the destination; parts outside are cut.</summary>
    public static void Paste(ReadOnlySpan<byte> source, int height, int width, Span<byte> destination, int toHeight, int toWidth, int y, int x)
    {
        Require(source.Length, height, width);
        Require(destination.Length, toHeight, toWidth);
        fixed (byte* s = source, d = destination)
            Check(nt_image_paste(s, height, width, d, toHeight, toWidth, y, x));
    }

    private static void Require(int bytes, int height, int width)
    {
        if (height < 1 || width < 1 || bytes < (long)height * width * 3)
            throw new ArgumentException($"{bytes} bytes do not hold {height}×{width} RGB pixels");
    }

    private static void Check(int status)
    {
        if (status != 0)
            throw new InvalidOperationException(Marshal.PtrToStringUTF8(nt_last_error()) ?? "native failure");
    }

    [LibraryImport(Library)]
    private static partial nint nt_last_error();

    [LibraryImport(Library)]
    private static partial int nt_image_resize(byte* src, int h, int w, byte* dst, int dh, int dw);

    [LibraryImport(Library)]
    private static partial int nt_image_resample(byte* src, int h, int w, int top, int left, int rows, int columns, byte* dst, int dh, int dw);

    [LibraryImport(Library)]
    private static partial int nt_image_warp(byte* src, int h, int w, byte* dst, int dh, int dw, double* inverse, int perspective, byte fill, int cut);

    [LibraryImport(Library)]
    private static partial int nt_image_hsv(byte* image, long pixels, float hue, float saturation, float value);

    [LibraryImport(Library)]
    private static partial int nt_image_flip(byte* image, int h, int w, int horizontal, int vertical);

    [LibraryImport(Library)]
    private static partial int nt_image_paste(byte* src, int sh, int sw, byte* dst, int dh, int dw, int y, int x);
}
