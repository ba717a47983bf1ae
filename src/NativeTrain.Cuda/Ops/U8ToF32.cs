using NativeTrain.Core;

namespace NativeTrain.Cuda;

/// <summary>kernels/u8_to_f32.cu.</summary>
public sealed partial class CudaBackend
{
    public void U8ToF32(Tensor x, Tensor y, float scale)
    {
        // The maps are dense: all that counts is where they begin.
        int v = 16 / y.Type.Bytes();
        if (x.Pointer % v != 0 || y.Pointer % 16 != 0) v = 1;
        Launch("u8_to_f32", $"u8_to_f32<{T(y)}, {v}>", Blocks(x.Count / v), 256, x, y, x.Count, scale);
    }
}
