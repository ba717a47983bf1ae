namespace NativeTrain.Vision.Data;

/// <summary>How training pictures to classify are varied; the defaults are the recipe's.</summary>
public sealed record ClassifyAugmentOptions
{
    /// <summary>The crop covers a part of the picture's area between 1 − this and 1.</summary>
    public float Scale { get; init; } = 0.5f;
    /// <summary>Probability of mirroring left-right.</summary>
    public float FlipLr { get; init; } = 0.5f;
    /// <summary>Probability of mirroring up-down.</summary>
    public float FlipUd { get; init; }
    /// <summary>Two operations of <see cref="Data.RandAugment"/> on each picture; they take the colour jitter's place.</summary>
    public bool RandAugment { get; init; } = true;
    /// <summary>Hue turns by ± this part of the colour circle.</summary>
    public float HsvH { get; init; } = 0.015f;
    /// <summary>Saturation × 1 ± this.</summary>
    public float HsvS { get; init; } = 0.7f;
    /// <summary>Brightness × 1 ± this, and contrast likewise.</summary>
    public float HsvV { get; init; } = 0.4f;
    /// <summary>Probability of a black rectangle.</summary>
    public float Erasing { get; init; } = 0.4f;

    /// <summary>No change at all: the picture, squeezed to the network's square (of one longer than 4:3 the middle).</summary>
    public static ClassifyAugmentOptions None { get; } = new() { Scale = 0, FlipLr = 0, RandAugment = false, HsvH = 0, HsvS = 0, HsvV = 0, Erasing = 0 };
}
