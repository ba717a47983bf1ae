using System.Runtime.InteropServices;
using NativeTrain.Core;

namespace NativeTrain.Cuda;

/// <summary>kernels/mask_maps.cuh: what the mask loss works on.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct MaskMaps
{
    private const int MostLevels = 8, InstanceBytes = 40;
    private fixed ulong coefficient[MostLevels], coefficientGrad[MostLevels];
    private readonly nint prototype, prototypeGrad, mask, assigned, instances, count;
    private readonly Pyramid pyramid;
    private readonly int k, ph, pw;
    private readonly float gain;

    /// <param name="args">The loss's arguments.</param>
    /// <param name="scratch">Where its parts of the scratch memory are noted.</param>
    /// <param name="coefficientGrad">For the backward pass.</param>
    /// <param name="prototypeGrad">For the backward pass.</param>
    public MaskMaps(MaskLossArgs args, Scratch scratch, IReadOnlyList<Tensor>? coefficientGrad = null, Tensor? prototypeGrad = null)
    {
        pyramid = new Pyramid(args.Coefficients, args.Strides);
        prototype = args.Prototypes.Pointer;
        this.prototypeGrad = prototypeGrad?.Pointer ?? 0;
        mask = args.Masks.Pointer;
        assigned = args.Assigned.Pointer;
        instances = scratch.Take(pyramid.BatchCells * InstanceBytes);
        count = scratch.Take(args.Prototypes.Shape[0] * sizeof(int));
        (ph, pw, k) = (args.Prototypes.Shape[1], args.Prototypes.Shape[2], args.Prototypes.C);
        gain = args.Gain;
        for (int l = 0; l < args.Coefficients.Count; l++)
        {
            coefficient[l] = (ulong)args.Coefficients[l].Pointer;
            if (coefficientGrad is not null) this.coefficientGrad[l] = (ulong)coefficientGrad[l].Pointer;
        }
    }
}
