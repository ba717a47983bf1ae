using NativeTrain.Core;

namespace NativeTrain.Cuda;

/// <summary>A convolution's bias gradient (kernels/conv2d_operands.cu).</summary>
public sealed partial class CudaBackend
{
    /// <summary>db += Σ dy over pixels, in parts whose size follows from the shape alone.</summary>
    private void BiasGradient(Tensor dy, Tensor db)
    {
        const int maxParts = 256, leastRows = 64;
        int partRows = checked((int)Math.Max(leastRows, CeilDivide(dy.Rows, maxParts))), parts = (int)CeilDivide(dy.Rows, partRows);
        nint partials = Workspace((long)parts * dy.C * sizeof(float));
        Launch("conv2d_operands", $"conv2d_bias_partials<{T(dy)}>", new Dim3(CeilDivide(dy.C, 32), parts), 256, dy, dy.Rows, dy.C, partRows, partials);
        AddPartials(partials, parts, 1, dy.C, dy.C, db);
    }
}
