using NativeTrain.Core;

namespace NativeTrain.Cuda;

/// <summary>kernels/multiply_add.cu.</summary>
public sealed partial class CudaBackend
{
    public void MultiplyAdd(Tensor x, int rounds)
    {
        const int threads = 256, chains = 8;
        long blocks = (x.Count + threads * chains - 1) / (threads * chains);
        Launch("multiply_add", "multiply_add", new Dim3((int)blocks), threads, x, x.Count, rounds);
    }
}
