using NativeTrain.Core;

namespace NativeTrain.Cuda;

/// <summary>kernels/mask_instances.cu and mask_loss.cu.</summary>
public sealed partial class CudaBackend
{
    /// <summary>Threads of a block of mask_instances; blocks that share an image's instances in the backward pass.</summary>
    private const int InstancesThreads = 512, InstanceBlocks = 128;

    public void MaskLossForward(MaskLossArgs args)
    {
        int n = args.Prototypes.Shape[0];
        var grid = PixelBlocks(args.Prototypes);
        var size = new Scratch();
        _ = new MaskMaps(args, size);
        size.Take(grid.X * n * sizeof(double));
        var scratch = new Scratch(Workspace(size.Bytes));
        var maps = new MaskMaps(args, scratch);
        nint sums = scratch.Take(grid.X * n * sizeof(double));

        LaunchWith("mask_instances", "mask_instances", n, InstancesThreads, maps);
        LaunchWith("mask_loss", Registers(args) ? "mask_forward<32>" : "mask_forward_v1", grid, LossThreads, maps, sums);
        LaunchWith("mask_loss", "mask_total", 1, LossThreads, maps, sums, (int)grid.X * n, args.Item, args.Loss);
    }

    public void MaskLossBackward(MaskLossArgs args, Tensor dloss, IReadOnlyList<Tensor> coefficientGrad, Tensor prototypeGrad)
    {
        int n = args.Prototypes.Shape[0], k = args.Prototypes.C;
        var size = new Scratch();
        _ = new MaskMaps(args, size);
        var maps = new MaskMaps(args, new Scratch(Workspace(size.Bytes)), coefficientGrad, prototypeGrad);

        LaunchWith("mask_instances", "mask_instances", n, InstancesThreads, maps);
        LaunchWith("mask_loss", Registers(args) && Vector(prototypeGrad) == 4 ? "mask_prototype_backward<32>" : "mask_prototype_backward_v1", PixelBlocks(args.Prototypes), LossThreads, maps, dloss);
        LaunchWith("mask_loss", Registers(args) ? "mask_coefficient_backward<32>" : "mask_coefficient_backward_v1", (InstanceBlocks, n), LossThreads, LossThreads / 32 * k * sizeof(double), maps, dloss);
    }

    /// <summary>A thread a pixel, images along y.</summary>
    private static Dim3 PixelBlocks(Tensor map) => (CeilDivide(map.Rows / map.Shape[0], LossThreads), map.Shape[0]);

    /// <summary>Whether the fast kernels serve: a pixel's prototypes are as many as they keep in registers, and lie so that they can be loaded by fours.</summary>
    private bool Registers(MaskLossArgs args) => !naive && args.Prototypes.C == 32 && args.Coefficients.Append(args.Prototypes).All(t => Vector(t) == 4);
}
