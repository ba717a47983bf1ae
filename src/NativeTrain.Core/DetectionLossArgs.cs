namespace NativeTrain.Core;

/// <summary>Weights of the detection loss and settings of its assigner; the defaults are YOLO11's.</summary>
public sealed record DetectionLossOptions
{
    /// <summary>Bins of a side's distance distribution; at least 2.</summary>
    public int RegMax { get; init; } = 16;
    public float BoxGain { get; init; } = 7.5f;
    public float ClsGain { get; init; } = 0.5f;
    public float DflGain { get; init; } = 1.5f;
    /// <summary>Cells that an object claims.</summary>
    public int TopK { get; init; } = 10;
    /// <summary>Power of the class score in the assigner's metric.</summary>
    public float Alpha { get; init; } = 0.5f;
    /// <summary>Power of the overlap in the assigner's metric.</summary>
    public float Beta { get; init; } = 6f;
}

/// <summary>
/// What the detection loss reads and writes. Box[l] [N,h,w,4·RegMax] and Cls[l] [N,h,w,nc] are the head's logits
/// per level; Targets [T,6] F32 host-ordered rows (image index, class, cx, cy, w, h normalised to 0…1);
/// Items [3] receives box, cls and dfl terms with their gains; Loss [1] receives (box+cls+dfl)·N.
/// Backward reads what Forward left in Saved.
/// </summary>
public sealed class DetectionLossArgs
{
    public required IReadOnlyList<Tensor> Box { get; init; }
    public required IReadOnlyList<Tensor> Cls { get; init; }
    public required IReadOnlyList<int> Strides { get; init; }
    public required Tensor Targets { get; init; }
    public required Tensor Items { get; init; }
    public required Tensor Loss { get; init; }
    /// <summary>
    /// Per cell of all levels, by image, what the assigner gave it: target box (x1,y1,x2,y2 in pixels), target score, target
    /// class, and the target's place among the image's rows of Targets (the last two −1: background). [N, A, 7] F32.
    /// </summary>
    public required Tensor Saved { get; init; }
    public required DetectionLossOptions Options { get; init; }
}
