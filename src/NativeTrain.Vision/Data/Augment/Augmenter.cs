using NativeTrain.Vision.Images;

namespace NativeTrain.Vision.Data;

/// <summary>
/// Makes one training sample: mosaic or letterbox, copy-paste, affine, mixup, light noise, colour jitter, flips, in this order.
/// Holds scratch memory, so each loader thread has its own.
/// </summary>
public sealed class Augmenter
{
    private readonly DetectionDataset dataset;
    private readonly AugmentOptions options;
    private readonly int size;
    private readonly byte[] canvas;
    private readonly CopyPaste copyPaste = new();
    private byte[]? second;

    /// <param name="dataset">Where images and mosaic partners come from.</param>
    /// <param name="options">The strengths.</param>
    public Augmenter(DetectionDataset dataset, AugmentOptions options)
    {
        ArgumentNullException.ThrowIfNull(dataset);
        ArgumentNullException.ThrowIfNull(options);
        this.dataset = dataset;
        this.options = options;
        size = dataset.ImageSize;
        canvas = new byte[4 * size * size * 3];
    }

    /// <summary>Writes the sample's pixels to <paramref name="output"/> [s, s, 3] and its boxes to <paramref name="boxes"/>.</summary>
    /// <inheritdoc cref="Make(int, ref SampleRandom, bool, Span{byte}, int, int, List{PixelBox})"/>
    public void Make(int index, ref SampleRandom random, bool mosaic, Span<byte> output, List<PixelBox> boxes) =>
        Make(index, ref random, mosaic, output, size, size, boxes);

    /// <summary>Writes the sample's pixels to <paramref name="output"/> [height, width, 3] and its boxes to <paramref name="boxes"/>.</summary>
    /// <param name="index">The image that the sample is about.</param>
    /// <param name="random">All that is random about it.</param>
    /// <param name="mosaic">False in the closing epochs and where the picture is no square: neither mosaic, copy-paste nor mixup.</param>
    /// <param name="output">Overwritten.</param>
    /// <param name="height">Rows; at most the set's image size, and where there is a mosaic just that.</param>
    /// <param name="width">Columns, likewise.</param>
    /// <param name="boxes">Overwritten; pixels of the output, clipped to it. With outlines where the set has masks.</param>
    public void Make(int index, ref SampleRandom random, bool mosaic, Span<byte> output, int height, int width, List<PixelBox> boxes)
    {
        ArgumentNullException.ThrowIfNull(boxes);
        boxes.Clear();
        output = output[..(height * width * 3)];
        Geometry(index, ref random, mosaic, output, height, width, boxes);
        if (mosaic && options.Mixup > 0 && random.Chance(options.Mixup))
            Mixup(ref random, output, boxes);
        PhotometricNoise.Apply(options.Photometric, ref random, output, height, width);
        ColourJitter(ref random, output);
        Flip(ref random, output, height, width, boxes);
        if (options.Bgr > 0 && random.Chance(options.Bgr)) SwapRedAndBlue(output);
    }

    private static void SwapRedAndBlue(Span<byte> output)
    {
        for (int i = 0; i + 2 < output.Length; i += 3) (output[i], output[i + 2]) = (output[i + 2], output[i]);
    }

    private void Geometry(int index, ref SampleRandom random, bool mosaic, Span<byte> output, int height, int width, List<PixelBox> boxes)
    {
        int canvasHeight = height, canvasWidth = width;
        if (mosaic && random.Chance(options.Mosaic))
        {
            Mosaic.Compose(dataset, index, ref random, size, canvas, boxes);
            canvasHeight = canvasWidth = 2 * size;
        }
        else
        {
            var image = dataset.Load(index);
            var info = Letterbox.Place(image, canvas, height, width, "", image.Height, image.Width);
            foreach (var row in dataset.Labels[index].Rows)
                boxes.Add(PixelBox.Place(row, image.Height, image.Width, info.PadX, info.PadY));
        }
        if (mosaic && dataset.HasMasks && options.CopyPaste > 0)
            copyPaste.Apply(options.CopyPaste, ref random, canvas, canvasHeight, canvasWidth, boxes);
        RandomAffine.Apply(options, ref random, canvas, canvasHeight, canvasWidth, output, height, width, boxes, dataset.HasMasks);
    }

    /// <summary>Blends in a second sample with a weight from Beta(32, 32): the median of 63 uniform draws.</summary>
    private void Mixup(ref SampleRandom random, Span<byte> output, List<PixelBox> boxes)
    {
        second ??= new byte[size * size * 3];
        var more = new List<PixelBox>();
        Geometry(random.Below(dataset.Count), ref random, true, second, size, size, more);

        Span<double> draws = stackalloc double[63];
        foreach (ref double draw in draws) draw = random.Next();
        draws.Sort();
        int weight = (int)(draws[31] * 256);
        for (int i = 0; i < output.Length; i++)
            output[i] = (byte)((output[i] * weight + second[i] * (256 - weight) + 128) >> 8);
        boxes.AddRange(more);
    }

    private void ColourJitter(ref SampleRandom random, Span<byte> output)
    {
        float hue = (float)random.Next(1 - options.HsvH, 1 + options.HsvH);
        float saturation = (float)random.Next(1 - options.HsvS, 1 + options.HsvS);
        float value = (float)random.Next(1 - options.HsvV, 1 + options.HsvV);
        if (options.HsvH != 0 || options.HsvS != 0 || options.HsvV != 0)
            NativeImage.Hsv(output, hue, saturation, value);
    }

    private void Flip(ref SampleRandom random, Span<byte> output, int height, int width, List<PixelBox> boxes)
    {
        bool vertical = random.Chance(options.FlipUd), horizontal = random.Chance(options.FlipLr);
        if (!vertical && !horizontal) return;
        NativeImage.Flip(output, height, width, horizontal, vertical);
        for (int i = 0; i < boxes.Count; i++) boxes[i] = boxes[i].Flip(height, width, horizontal, vertical);
    }
}
