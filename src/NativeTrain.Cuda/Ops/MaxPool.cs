using NativeTrain.Core;

namespace NativeTrain.Cuda;

/// <summary>kernels/max_pool.cu.</summary>
public sealed partial class CudaBackend
{
    /// <summary>The kernels' MaxPoolShape.</summary>
    private readonly record struct MaxPoolShape(int N, int H, int W, int C, int OutH, int OutW, int Kernel, int Stride, int Padding);

    public void MaxPoolForward(Tensor x, Tensor y, Tensor? argmax, int kernel, int stride, int padding)
    {
        int v = Vector(x, y, argmax);
        var plan = new RowPlan(checked((int)y.Rows), y.C, v);
        LaunchWith("max_pool", $"max_pool_forward<{T(x)}, {v}>", plan.Grid, plan.Block, Shape(x, y, kernel, stride, padding), x, x.Ld, y, y.Ld, argmax);
    }

    public void MaxPoolBackward(Tensor dy, Tensor argmax, Tensor dx, int kernel, int stride, int padding, bool accumulate)
    {
        int v = Vector(dy, argmax, dx);
        var plan = new RowPlan(checked((int)dx.Rows), dx.C, v);
        LaunchWith("max_pool", $"max_pool_backward<{T(dx)}, {v}>", plan.Grid, plan.Block, Shape(dx, dy, kernel, stride, padding), dy, dy.Ld, argmax, dx, dx.Ld, accumulate);
    }

    private static MaxPoolShape Shape(Tensor x, Tensor y, int kernel, int stride, int padding) =>
        new(x.Shape[0], x.Shape[1], x.Shape[2], x.C, y.Shape[1], y.Shape[2], kernel, stride, padding);
}
