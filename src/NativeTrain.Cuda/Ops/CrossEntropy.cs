using NativeTrain.Core;

namespace NativeTrain.Cuda;

/// <summary>kernels/cross_entropy.cu.</summary>
public sealed partial class CudaBackend
{
    public void CrossEntropyForward(Tensor x, Tensor classes, Tensor loss)
    {
        int lanes = Lanes(x.C);
        nint terms = Workspace(sizeof(double) * x.Rows);
        Launch("cross_entropy", "cross_entropy_terms", Blocks(x.Rows * lanes), 256, x, x.Ld, classes, x.Rows, x.C, lanes, terms);
        Launch("cross_entropy", "cross_entropy_mean", 1, 256, terms, x.Rows, loss);
    }

    public void CrossEntropyBackward(Tensor x, Tensor classes, Tensor dloss, Tensor dx, bool accumulate)
    {
        int lanes = Lanes(x.C);
        Launch("cross_entropy", "cross_entropy_backward", Blocks(x.Rows * lanes), 256, x, x.Ld, classes, dloss, dx, dx.Ld, x.Rows, x.C, lanes, accumulate);
    }
}
