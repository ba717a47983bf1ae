using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using NativeTrain.Core;

namespace NativeTrain.Cuda.Bindings;

#pragma warning disable IDE1006, CA1707, SA1300 // names are NVIDIA's own

/// <summary>cuBLAS's matrix product, as in NVIDIA's manual "cuBLAS". Matrices lie column by column.</summary>
internal static partial class Cublas
{
    private const string Lib = Libraries.Cublas;

    /// <summary>cublasStatus_t.</summary>
    internal const int Success = 0, AllocFailed = 3;

    /// <summary>cublasOperation_t.</summary>
    internal const int NoTranspose = 0, Transpose = 1;

    [LibraryImport(Lib)] internal static partial int cublasCreate_v2(out CublasHandle handle);
    [LibraryImport(Lib)] internal static partial int cublasDestroy_v2(nint handle);
    [LibraryImport(Lib)] internal static partial int cublasSetStream_v2(CublasHandle handle, CuStreamHandle stream);
    [LibraryImport(Lib)] internal static partial int cublasSetWorkspace_v2(CublasHandle handle, nint workspace, nuint bytes);

    /// <summary>c [m,n] = alpha·op(a)·op(b) + beta·c, op(a) [m,k], op(b) [k,n]; alpha and beta lie in the host's memory.</summary>
    [LibraryImport(Lib)]
    internal static partial int cublasSgemm_v2(CublasHandle handle, int transposeA, int transposeB, int m, int n, int k, in float alpha,
        nint a, int ldA, nint b, int ldB, in float beta, nint c, int ldC);

    /// <summary>Turns a failed call into an exception that names it.</summary>
    /// <exception cref="OutOfDeviceMemoryException">cuBLAS found no memory for what it keeps on the device.</exception>
    /// <exception cref="DeviceException">All else.</exception>
    internal static void Check(int status, [CallerArgumentExpression(nameof(status))] string call = "")
    {
        if (status == Success) return;
        string name = call.Split('(')[0];
        if (status == AllocFailed) throw OutOfDeviceMemoryException.In(name);
        throw new DeviceException(name, Name(status), "");
    }

    private static string Name(int status) => status switch
    {
        1 => "CUBLAS_STATUS_NOT_INITIALIZED",
        7 => "CUBLAS_STATUS_INVALID_VALUE",
        8 => "CUBLAS_STATUS_ARCH_MISMATCH",
        13 => "CUBLAS_STATUS_EXECUTION_FAILED",
        _ => $"cuBLAS status {status}",
    };
}

/// <summary>A cublasHandle_t: the library's state for one device.</summary>
internal sealed class CublasHandle() : SafeHandle(0, ownsHandle: true)
{
    public override bool IsInvalid => handle == 0;
    protected override bool ReleaseHandle() => Cublas.cublasDestroy_v2(handle) == Cublas.Success;
}
