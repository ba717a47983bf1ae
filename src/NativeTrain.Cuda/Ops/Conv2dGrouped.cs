using NativeTrain.Core;
using NativeTrain.Cuda.Convolutions;

namespace NativeTrain.Cuda;

/// <summary>Convolutions in groups, by their definition (kernels/conv2d_v1.cu).</summary>
public sealed partial class CudaBackend
{
    private const string GroupedFile = "conv2d_v1";

    private static string GroupedKernel(ConvPass pass) => pass switch
    {
        ConvPass.Forward => "conv2d_forward_v1",
        ConvPass.BackwardData => "conv2d_backward_data_v1",
        _ => "conv2d_backward_weight_v1",
    };

    internal void GroupedForward(Tensor x, Tensor w, Tensor? bias, Tensor y, in Conv2dShape s)
    {
        var type = Narrower(x, y);
        nint map = Rounded(x, type, RoomFor(x, type));
        LaunchWith(GroupedFile, $"{GroupedKernel(ConvPass.Forward)}<{T(type)}>", Blocks(y.Count), 256, new Conv2dSizes(s), map, w, bias, y, y.Type == DType.F32);
    }

    internal void GroupedBackwardData(Tensor dy, Tensor w, Tensor dx, in Conv2dShape s)
    {
        var type = Narrower(dy, dx);
        nint map = Rounded(dy, type, RoomFor(dy, type));
        LaunchWith(GroupedFile, $"{GroupedKernel(ConvPass.BackwardData)}<{T(type)}>", Blocks(dx.Count), 256, new Conv2dSizes(s), map, w, dx, dx.Type == DType.F32);
    }

    internal void GroupedBackwardWeight(Tensor x, Tensor dy, Tensor dw, in Conv2dShape s)
    {
        var type = Narrower(x, dy);
        nint room = x.Type == dy.Type ? 0 : RoomFor(x.Type == type ? dy : x, type);
        LaunchWith(GroupedFile, $"{GroupedKernel(ConvPass.BackwardWeight)}<{T(type)}>", Blocks(dw.Count * 32), 256, new Conv2dSizes(s), Rounded(x, type, room), Rounded(dy, type, room), dw);
    }

    private nint RoomFor(Tensor x, DType type) => x.Type == type ? 0 : Workspace(RoundedBytes(x, type));
}
