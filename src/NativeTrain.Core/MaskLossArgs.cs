namespace NativeTrain.Core;

/// <summary>
/// What the mask loss reads and writes. Coefficients[l] [N,h,w,K] are the head's per level, Prototypes [N,PH,PW,K] the
/// image's; Assigned [N,A,7] says which target each cell learns (<see cref="DetectionLossArgs.Saved"/>); Masks [N,PH,PW] I32
/// marks the pixels of an image's j-th target with j + 1. Item [1] receives the term with its gain, Loss [1] that times N.
/// </summary>
public sealed class MaskLossArgs
{
    public required IReadOnlyList<Tensor> Coefficients { get; init; }
    public required Tensor Prototypes { get; init; }
    /// <summary>Pixels of a cell, per level; level 0 times its stride is the network's input, to which the targets' boxes refer.</summary>
    public required IReadOnlyList<int> Strides { get; init; }
    public required Tensor Assigned { get; init; }
    public required Tensor Masks { get; init; }
    public required Tensor Item { get; init; }
    public required Tensor Loss { get; init; }
    public required float Gain { get; init; }
}
