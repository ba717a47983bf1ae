using NativeTrain.Core;

namespace NativeTrain.Cuda;

/// <summary>kernels/multiply_add.cu.</summary>
public sealed partial class CudaBackend
{
    public void MultiplyAdd(Tensor x, int rounds, DType type = DType.F32)
    {
        const int threads = 256, chains = 8;
        // mma.sync takes half from sm_75 on; before that its sums are made in float.
        string kernel = type == DType.F32 ? "multiply_add" : device.Capability >= 75 ? $"multiply_add_mma<{T(type)}>" : "multiply_add_steps";
        if (type != DType.F32 && rounds % 16 != 0) throw new ArgumentException("rounds of 16-bit products come by 16", nameof(rounds));
        Launch("multiply_add", kernel, CeilDivide(x.Count, threads * chains), threads, x, x.Count, rounds);
    }
}
