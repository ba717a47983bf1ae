using NativeTrain.Core;

namespace NativeTrain.Cuda;

/// <summary>kernels/detection_decode.cu.</summary>
public sealed partial class CudaBackend
{
    public void DetectionDecode(IReadOnlyList<Tensor> box, IReadOnlyList<Tensor> cls, IReadOnlyList<int> strides, int regMax, Tensor y)
    {
        const int threads = 256;
        var head = new DetectionHead(box, cls, strides, regMax);
        long cells = head.Pyramid.BatchCells;
        if (!naive && DetectionHead.Registers(box, regMax)) LaunchWith("detection_decode", "detection_decode_boxes<16>", CeilDivide(cells * 4, threads), threads, head, y);
        else LaunchWith("detection_decode", "detection_decode_boxes_v1", CeilDivide(cells, threads), threads, head, y);
        LaunchWith("detection_decode", "detection_decode_scores", CeilDivide(cells * cls[0].C, threads), threads, head, y);
    }
}
