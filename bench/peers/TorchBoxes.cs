using TorchSharp;
using static TorchSharp.torch;

namespace NativeTrain.Peers;

/// <summary>Geometry of boxes x1, y1, x2, y2 in the last dimension.</summary>
internal static class TorchBoxes
{
    private const double Eps = 1e-7;

    /// <summary>CIoU = IoU − ρ²/c² − α·v (Zheng et al., "Distance-IoU Loss", AAAI 2020), α without a gradient.</summary>
    /// <returns>[…], of [… ,4] and [… ,4].</returns>
    public static Tensor Ciou(Tensor predicted, Tensor target)
    {
        var p = predicted.unbind(-1);
        var t = target.unbind(-1);
        var (pw, ph, tw, th) = (p[2] - p[0], p[3] - p[1] + Eps, t[2] - t[0], t[3] - t[1] + Eps);
        var overlap = (minimum(p[2], t[2]) - maximum(p[0], t[0])).clamp_min(0) * (minimum(p[3], t[3]) - maximum(p[1], t[1])).clamp_min(0);
        var iou = overlap / (pw * ph + tw * th - overlap + Eps);
        var diagonal = (maximum(p[2], t[2]) - minimum(p[0], t[0])).square() + (maximum(p[3], t[3]) - minimum(p[1], t[1])).square() + Eps;
        var distance = ((t[0] + t[2] - p[0] - p[2]).square() + (t[1] + t[3] - p[1] - p[3]).square()) / 4;
        var v = ((tw / th).atan() - (pw / ph).atan()).square() * (4 / (Math.PI * Math.PI));
        Tensor alpha;
        using (no_grad()) alpha = v / (v - iou + (1 + Eps));
        return iou - (distance / diagonal + v * alpha);
    }

    /// <summary>Expected distances of the four sides: softmax over the bins, times 0, 1, 2, …</summary>
    /// <param name="logits">[…, 4·bins].</param>
    /// <param name="bins">Bins a side.</param>
    /// <returns>[…, 4], in cells: left, top, right, bottom.</returns>
    public static Tensor Distances(Tensor logits, int bins)
    {
        long[] shape = [.. logits.shape[..^1], 4, bins];
        return logits.reshape(shape).softmax(-1).matmul(arange(bins, ScalarType.Float32));
    }

    /// <summary>Boxes of distances from cell centres.</summary>
    public static Tensor Around(Tensor centres, Tensor distances)
    {
        var d = distances.chunk(2, -1);
        return cat([centres - d[0], centres + d[1]], -1);
    }
}
