using NativeTrain.Core;

namespace NativeTrain.Cuda;

/// <summary>kernels/multiply_add.cu.</summary>
public sealed partial class CudaBackend
{
    public void MultiplyAdd(Tensor x, int rounds)
    {
        const int threads = 256, chains = 8;
        Launch("multiply_add", "multiply_add", CeilDivide(x.Count, threads * chains), threads, x, x.Count, rounds);
    }
}
