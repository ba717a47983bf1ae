namespace NativeTrain.Vision.Data;

/// <summary>Rare, light damage to pixels: blur, median blur, grey, local contrast. Each comes by its own small chance.</summary>
internal static class PhotometricNoise
{
    public static void Apply(float probability, ref SampleRandom random, Span<byte> image, int height, int width)
    {
        if (probability <= 0) return;
        if (random.Chance(probability)) BoxBlur(image, height, width, radius: 1 + random.Below(3));
        if (random.Chance(probability)) MedianBlur(image, height, width, radius: 1 + random.Below(3));
        if (random.Chance(probability)) Grey(image);
        if (random.Chance(probability)) LocalContrast.Apply(image, height, width, clipLimit: random.Next(1, 4));
    }

    /// <summary>The mean over a window of (2·radius+1)² pixels; beyond the border counts the border.</summary>
    public static void BoxBlur(Span<byte> image, int height, int width, int radius)
    {
        byte[] source = image.ToArray();
        int side = 2 * radius + 1, area = side * side;
        var columns = new int[width * 3];
        for (int y = 0; y < height; y++)
        {
            // Sums down each column of the window, then along the row.
            Array.Clear(columns);
            for (int dy = -radius; dy <= radius; dy++)
            {
                var row = source.AsSpan(Math.Clamp(y + dy, 0, height - 1) * width * 3, width * 3);
                for (int i = 0; i < row.Length; i++) columns[i] += row[i];
            }
            for (int x = 0; x < width; x++)
                for (int c = 0; c < 3; c++)
                {
                    int sum = 0;
                    for (int dx = -radius; dx <= radius; dx++) sum += columns[3 * Math.Clamp(x + dx, 0, width - 1) + c];
                    image[(y * width + x) * 3 + c] = (byte)((sum + area / 2) / area);
                }
        }
    }

    /// <summary>The median of each channel over a window of (2·radius+1)² pixels, by a histogram that slides along the row.</summary>
    public static void MedianBlur(Span<byte> image, int height, int width, int radius)
    {
        byte[] source = image.ToArray();
        int side = 2 * radius + 1, half = side * side / 2;
        Span<int> histogram = stackalloc int[256];
        for (int c = 0; c < 3; c++)
            for (int y = 0; y < height; y++)
            {
                histogram.Clear();
                for (int dx = -radius; dx <= radius; dx++) AddColumn(histogram, dx, 1);
                for (int x = 0; x < width; x++)
                {
                    int below = 0, value = 0;
                    while ((below += histogram[value]) <= half) value++;
                    image[(y * width + x) * 3 + c] = (byte)value;
                    AddColumn(histogram, x - radius, -1);
                    AddColumn(histogram, x + radius + 1, 1);
                }

                void AddColumn(Span<int> counts, int x, int times)
                {
                    int at = Math.Clamp(x, 0, width - 1) * 3 + c;
                    for (int dy = -radius; dy <= radius; dy++)
                        counts[source[Math.Clamp(y + dy, 0, height - 1) * width * 3 + at]] += times;
                }
            }
    }

    /// <summary>Every channel becomes the luma 0.299 R + 0.587 G + 0.114 B.</summary>
    public static void Grey(Span<byte> image)
    {
        for (int i = 0; i + 2 < image.Length; i += 3)
            image[i] = image[i + 1] = image[i + 2] = (byte)Luma(image[i], image[i + 1], image[i + 2]);
    }

    /// <summary>Luma of a pixel, 0…255, rounded.</summary>
    public static int Luma(int r, int g, int b) => (299 * r + 587 * g + 114 * b + 500) / 1000;
}
