using NativeTrain.Vision.Images;

namespace NativeTrain.Vision.Data;

/// <summary>
/// Joins four images around a random point of a canvas twice the network's size, so that one picture shows objects of
/// many images, at many places, cut in many ways.
/// </summary>
internal static class Mosaic
{
    /// <summary>
    /// Fills <paramref name="canvas"/> [2s, 2s, 3] and adds the images' boxes (in canvas pixels, clipped).
    /// </summary>
    public static void Compose(DetectionDataset dataset, int index, ref SampleRandom random, int s, Span<byte> canvas, List<PixelBox> boxes)
    {
        int size = 2 * s;
        int meetX = (int)random.Next(0.5 * s, 1.5 * s), meetY = (int)random.Next(0.5 * s, 1.5 * s);
        canvas[..(size * size * 3)].Fill(Letterbox.Fill);
        for (int quarter = 0; quarter < 4; quarter++)
        {
            int i = quarter == 0 ? index : random.Below(dataset.Count);
            var image = dataset.Load(i);
            // Each image touches the meeting point with one corner: first the upper left quarter, then upper right, lower left, lower right.
            int x = quarter % 2 == 0 ? meetX - image.Width : meetX;
            int y = quarter < 2 ? meetY - image.Height : meetY;
            NativeImage.Paste(image.Pixels, image.Height, image.Width, canvas, size, size, y, x);
            foreach (var row in dataset.Labels[i].Rows)
            {
                var box = PixelBox.Place(row, image.Height, image.Width, x, y);
                box = dataset.HasMasks ? box.ClipOutline(size, size) : box.Clip(size, size);
                if (box.Width > 0 && box.Height > 0) boxes.Add(box);
            }
        }
    }
}
