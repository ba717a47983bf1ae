using NativeTrain.Core;

namespace NativeTrain.Cuda;

/// <summary>kernels/copy.cu.</summary>
public sealed partial class CudaBackend
{
    public void Copy(Tensor x, Tensor y, bool accumulate)
    {
        // As many numbers a load as the wider of the types has room for.
        int v = x.Type.Bytes() > y.Type.Bytes() ? Vector(x, y) : Vector(y, x);
        var plan = new RowPlan(x.Rows, x.C, v);
        string? bits = x.Type != y.Type || accumulate ? null : x.Type.Bytes() switch { 1 => "unsigned char", 2 => "unsigned short", 4 => "unsigned", _ => null };
        if (bits is not null)
            Launch("copy", $"copy_bits<{bits}, {v}>", plan.Grid, plan.Block, x, x.Ld, y, y.Ld, x.Rows, x.C);
        else
            Launch("copy", $"copy<{T(x)}, {T(y)}, {v}>", plan.Grid, plan.Block, x, x.Ld, y, y.Ld, x.Rows, x.C, accumulate);
    }
}
