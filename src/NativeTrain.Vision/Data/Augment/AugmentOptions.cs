namespace NativeTrain.Vision.Data;

/// <summary>How training pictures are varied; the defaults are the recipe's.</summary>
public sealed record AugmentOptions
{
    /// <summary>Probability of joining four images into one.</summary>
    public float Mosaic { get; init; } = 1f;
    /// <summary>Probability of blending with a second sample.</summary>
    public float Mixup { get; init; }
    /// <summary>Probability that an instance's mirror image is pasted in, where there is room for it. Only for sets with masks.</summary>
    public float CopyPaste { get; init; }
    /// <summary>Hue gain 1 ± this.</summary>
    public float HsvH { get; init; } = 0.015f;
    /// <summary>Saturation gain 1 ± this.</summary>
    public float HsvS { get; init; } = 0.7f;
    /// <summary>Value gain 1 ± this.</summary>
    public float HsvV { get; init; } = 0.4f;
    /// <summary>Rotation ± degrees.</summary>
    public float Degrees { get; init; }
    /// <summary>Shift ± this fraction of the picture.</summary>
    public float Translate { get; init; } = 0.1f;
    /// <summary>Scale 1 ± this.</summary>
    public float Scale { get; init; } = 0.5f;
    /// <summary>Shear ± degrees, horizontally and vertically.</summary>
    public float Shear { get; init; }
    /// <summary>Perspective terms ± this (per pixel; sensible up to 0.001).</summary>
    public float Perspective { get; init; }
    /// <summary>Probability of mirroring up-down.</summary>
    public float FlipUd { get; init; }
    /// <summary>Probability of mirroring left-right.</summary>
    public float FlipLr { get; init; } = 0.5f;
    /// <summary>Probability of swapping red and blue.</summary>
    public float Bgr { get; init; }
    /// <summary>Probability of each of blur, median blur, grey and local contrast equalisation.</summary>
    public float Photometric { get; init; } = 0.01f;

    /// <summary>No change at all: the letterboxed picture as it is.</summary>
    public static AugmentOptions None { get; } = new()
    {
        Mosaic = 0, HsvH = 0, HsvS = 0, HsvV = 0, Translate = 0, Scale = 0, FlipLr = 0, Photometric = 0,
    };
}
