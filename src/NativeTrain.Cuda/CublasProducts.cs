using NativeTrain.Core;
using NativeTrain.Cuda.Bindings;
using static NativeTrain.Cuda.Bindings.Cublas;

namespace NativeTrain.Cuda;

/// <summary>Matrix products by cuBLAS, for a device's compute stream. In float32: TF32 is not allowed, as it is not by default.</summary>
internal sealed class CublasProducts : IDisposable
{
    // As NVIDIA's manual recommends. With memory of our own the results repeat, whatever other streams do.
    private const long WorkspaceBytes = 4L << 20, WorkspaceBytesFromHopper = 32L << 20;

    private readonly CublasHandle handle;
    private readonly nint workspace;

    /// <exception cref="DeviceException">cuBLAS does not start.</exception>
    /// <exception cref="OutOfDeviceMemoryException">There is no memory for it.</exception>
    public CublasProducts(CuStreamHandle stream, int capability)
    {
        Check(cublasCreate_v2(out handle));
        try
        {
            Check(cublasSetStream_v2(handle, stream));
            long bytes = capability >= 90 ? WorkspaceBytesFromHopper : WorkspaceBytes;
            Driver.Check(Driver.cuMemAlloc_v2(out workspace, (nuint)bytes));
            Check(cublasSetWorkspace_v2(handle, workspace, (nuint)bytes));
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>c [m,n] = alpha·op(a)·op(b) + beta·c of row-major matrices, op(a) [m,k], op(b) [k,n].</summary>
    /// <remarks>A row-major matrix is its transpose for cuBLAS, which is asked for cᵀ = op(b)ᵀ·op(a)ᵀ.</remarks>
    public void Multiply(int m, int n, int k, float alpha, Tensor a, bool transposeA, Tensor b, bool transposeB, float beta, Tensor c) =>
        Check(cublasSgemm_v2(handle, transposeB ? Transpose : NoTranspose, transposeA ? Transpose : NoTranspose, n, m, k,
            alpha, b.Pointer, b.Ld, a.Pointer, a.Ld, beta, c.Pointer, c.Ld));

    public void Dispose()
    {
        handle.Dispose();
        if (workspace != 0) Driver.Check(Driver.cuMemFree_v2(workspace));
    }
}
