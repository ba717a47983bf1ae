using NativeTrain.Core;
using NativeTrain.Vision.Images;
using SkiaSharp;

namespace NativeTrain.Vision.Plots;

/// <summary>One tile of a batch picture.</summary>
/// <param name="Image">The picture.</param>
/// <param name="Boxes">Its boxes, corners in its pixels.</param>
/// <param name="Caption">The text under it: the file's name, or the class of a whole picture.</param>
public sealed record BatchTile(RgbImage Image, IReadOnlyList<DrawnBox> Boxes, string Caption)
{
    /// <summary>Its masks, drawn under the boxes.</summary>
    public IReadOnlyList<DrawnMask> Masks { get; init; } = [];

    /// <summary>Whether the class in the caption is right (green) or wrong (red); null: nothing is said (grey).</summary>
    public bool? Right { get; init; }
}

/// <summary>
/// Up to 16 pictures of a batch in one file, with their boxes and file names: val_batch0_labels.jpg,
/// val_batch0_pred.jpg, train_batch0.jpg.
/// </summary>
public static class BatchPicture
{
    public const int MostTiles = 16;

    private static readonly SKColor CaptionInk = new(60, 60, 60), RightInk = new(0, 110, 45), WrongInk = new(190, 20, 20);

    private const int LargestSide = 1920;
    private const int SmallestTile = 320;
    private const int Gap = 8;
    private const int CaptionHeight = 24;
    private const float CaptionLetters = 14;
    private const float Line = 2;
    private const float ContourLine = 1.5f;
    private const float Letters = 13;

    /// <param name="path">Ends in .jpg or .png.</param>
    /// <param name="tiles">The pictures, of any sizes; those after the first 16 are left out.</param>
    /// <param name="names">Class names.</param>
    /// <exception cref="InputException">The file cannot be written.</exception>
    public static void Write(string path, IReadOnlyList<BatchTile> tiles, IReadOnlyList<string> names)
    {
        ArgumentNullException.ThrowIfNull(tiles);
        if (tiles.Count == 0) throw new ArgumentException("A batch picture needs at least one picture.", nameof(tiles));

        int count = Math.Min(tiles.Count, MostTiles);
        int columns = (int)Math.Ceiling(Math.Sqrt(count)), rows = (count + columns - 1) / columns;
        SKSizeI cell = CellSize(tiles.Take(count), columns);
        int stepX = cell.Width + Gap, stepY = cell.Height + CaptionHeight + Gap;

        using SKBitmap sheet = SkiaPicture.NewBitmap(columns * stepX + Gap, rows * stepY + Gap, SKColors.White);
        using (var canvas = new SKCanvas(sheet))
            for (int i = 0; i < count; i++)
                DrawTile(canvas, new SKPointI(Gap + i % columns * stepX, Gap + i / columns * stepY), cell, tiles[i], names);
        PictureFile.Write(path, sheet);
    }

    /// <summary>
    /// One size for all tiles, as wide and high as the widest and highest picture, scaled so that small
    /// pictures are large enough to read and the whole sheet is about 1920 pixels wide at most.
    /// </summary>
    private static SKSizeI CellSize(IEnumerable<BatchTile> tiles, int columns)
    {
        float width = tiles.Max(tile => tile.Image.Width), height = tiles.Max(tile => tile.Image.Height);
        float largest = Math.Max(width, height);
        float side = Math.Min(Math.Max(largest, SmallestTile), LargestSide / columns - Gap);
        float scale = side / largest;
        return new SKSizeI(Math.Max((int)MathF.Round(width * scale), 1), Math.Max((int)MathF.Round(height * scale), 1));
    }

    private static void DrawTile(SKCanvas canvas, SKPointI corner, SKSizeI cell, BatchTile tile, IReadOnlyList<string> names)
    {
        float scale = Math.Min((float)cell.Width / tile.Image.Width, (float)cell.Height / tile.Image.Height);
        var size = new SKSize(tile.Image.Width * scale, tile.Image.Height * scale);

        using (SKBitmap bitmap = SkiaPicture.ToBitmap(tile.Image))
        using (SKImage image = SKImage.FromBitmap(bitmap))
        using (var paint = new SKPaint { Color = new SKColor(240, 240, 240) })
        {
            canvas.DrawRect(SKRect.Create(corner.X, corner.Y, cell.Width, cell.Height), paint);
            canvas.Save();
            canvas.Translate(corner.X + (cell.Width - size.Width) / 2, corner.Y + (cell.Height - size.Height) / 2);
            canvas.DrawImage(image, SKRect.Create(size), new SKSamplingOptions(SKFilterMode.Linear, SKMipmapMode.Linear));

            // Boxes are drawn after scaling, so that lines and letters are sharp and of one size on all tiles.
            var boxes = tile.Boxes.Select(box => box with { X1 = box.X1 * scale, Y1 = box.Y1 * scale, X2 = box.X2 * scale, Y2 = box.Y2 * scale });
            MaskPainter.Draw(canvas, size, tile.Masks, ContourLine);
            BoxPainter.Draw(canvas, size, boxes, names, Line, Letters);
            canvas.Restore();
        }

        using SKFont font = PictureFont.Create(CaptionLetters);
        using var ink = new SKPaint { IsAntialias = true, Color = tile.Right switch { null => CaptionInk, true => RightInk, false => WrongInk } };
        string caption = PictureFont.Fit(font, tile.Caption, cell.Width);
        canvas.DrawText(caption, corner.X + cell.Width / 2f, corner.Y + cell.Height + CaptionHeight * 0.7f, SKTextAlign.Center, font, ink);
    }
}
