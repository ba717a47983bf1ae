using NativeTrain.Core;

namespace NativeTrain.Vision.Models;

/// <summary>What a model's last layer gives; each task has its own.</summary>
public abstract record HeadOutput
{
    /// <summary>Classes that it tells apart.</summary>
    public abstract int Classes { get; }
}

/// <summary>The detect head's logits, one map a level: box [N,h,w,4·16] (16 bins a side), class [N,h,w,nc].</summary>
public record DetectOutput(IReadOnlyList<Tensor> Box, IReadOnlyList<Tensor> Cls, IReadOnlyList<int> Strides) : HeadOutput
{
    public override int Classes => Cls[0].C;
}

/// <summary>The segment head's: also mask coefficients [N,h,w,32] a level, and prototypes [N,H/4,W/4,32] of the whole image.</summary>
public sealed record SegmentOutput(IReadOnlyList<Tensor> Box, IReadOnlyList<Tensor> Cls, IReadOnlyList<int> Strides,
    IReadOnlyList<Tensor> Coefficients, Tensor Prototypes) : DetectOutput(Box, Cls, Strides);

/// <summary>The classify head's: logits [N,nc].</summary>
public sealed record ClassifyOutput(Tensor Logits) : HeadOutput
{
    public override int Classes => Logits.C;
}
