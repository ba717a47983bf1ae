using NativeTrain.Vision.Images;

namespace NativeTrain.Vision.Data;

/// <summary>
/// Makes one training sample for a classifier: random resized crop, flips, RandAugment or (without it) colour jitter,
/// erasing, in this order. Holds scratch memory, so each loader thread has its own.
/// </summary>
/// <param name="options">The strengths.</param>
/// <param name="size">Side of the network's input.</param>
public sealed class ClassifyAugmenter(ClassifyAugmentOptions options, int size)
{
    private readonly byte[] scratch = options.RandAugment ? new byte[size * size * 3] : [];

    /// <summary>Writes the sample's pixels to <paramref name="output"/> [size, size, 3].</summary>
    /// <param name="image">The picture, in its own size.</param>
    /// <param name="random">All that is random about the sample.</param>
    /// <param name="output">Overwritten.</param>
    public void Make(RgbView image, ref SampleRandom random, Span<byte> output)
    {
        output = output[..(size * size * 3)];
        RandomResizedCrop.Apply(image, 1 - options.Scale, ref random, output, size);

        bool horizontal = random.Chance(options.FlipLr), vertical = random.Chance(options.FlipUd);
        if (horizontal || vertical) NativeImage.Flip(output, size, size, horizontal, vertical);

        if (options.RandAugment) RandAugment.Apply(ref random, output, size, scratch);
        else ColourJitter.Apply(options, ref random, output);
        RandomErasing.Apply(options.Erasing, ref random, output, size);
    }
}
