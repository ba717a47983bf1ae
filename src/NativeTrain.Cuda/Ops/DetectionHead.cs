using System.Runtime.InteropServices;
using NativeTrain.Core;

namespace NativeTrain.Cuda;

/// <summary>kernels/detection_head.cuh: the maps of a detection head.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct DetectionHead
{
    private const int MostLevels = 8;
    private fixed ulong box[MostLevels], cls[MostLevels], boxGrad[MostLevels], clsGrad[MostLevels];
    private readonly Pyramid pyramid;
    private readonly int nc, regMax;

    /// <summary>Gradients are given for the backward pass.</summary>
    public DetectionHead(IReadOnlyList<Tensor> box, IReadOnlyList<Tensor> cls, IReadOnlyList<int> strides, int regMax, IReadOnlyList<Tensor>? boxGrad = null, IReadOnlyList<Tensor>? clsGrad = null)
    {
        pyramid = new Pyramid(box, strides);
        nc = cls[0].C;
        this.regMax = regMax;
        for (int l = 0; l < box.Count; l++)
        {
            this.box[l] = (ulong)box[l].Pointer;
            this.cls[l] = (ulong)cls[l].Pointer;
            if (boxGrad is not null) this.boxGrad[l] = (ulong)boxGrad[l].Pointer;
            if (clsGrad is not null) this.clsGrad[l] = (ulong)clsGrad[l].Pointer;
        }
    }

    public readonly Pyramid Pyramid => pyramid;

    /// <summary>Whether a side has as many bins as the kernels keep in registers, and its logits lie so that they can be loaded by fours.</summary>
    public static bool Registers(IReadOnlyList<Tensor> box, int regMax) => regMax == 16 && box.All(t => t.Pointer % 16 == 0);
}
