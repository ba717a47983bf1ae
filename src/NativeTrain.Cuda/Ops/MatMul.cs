using NativeTrain.Core;

namespace NativeTrain.Cuda;

/// <summary>Matrix products: cuBLAS's where it is there, kernels/matmul.cu otherwise.</summary>
public sealed partial class CudaBackend
{
    public void MatMul(Tensor a, bool transposeA, Tensor b, bool transposeB, Tensor c, float alpha, float beta)
    {
        int m = checked((int)c.Rows), n = c.C, k = transposeA ? checked((int)a.Rows) : a.C;
        device.MakeCurrent();
        if (naive)
        {
            MatMulV1(a, transposeA, b, transposeB, c, alpha, beta);
            return;
        }
        if (cublas is null)
        {
            Launch("matmul", $"matmul<{Word(transposeA)}, {Word(transposeB)}>", GemmTiles(m, n), 256, m, n, k, alpha, a, a.Ld, b, b.Ld, beta, c, c.Ld);
            return;
        }
        using var timed = Timed("cublas");
        cublas.Multiply(m, n, k, alpha, a, transposeA, b, transposeB, beta, c);
    }

    /// <summary>The same by the naive kernel, one thread an element: for comparison.</summary>
    internal void MatMulV1(Tensor a, bool transposeA, Tensor b, bool transposeB, Tensor c, float alpha, float beta)
    {
        int m = checked((int)c.Rows), n = c.C, k = transposeA ? checked((int)a.Rows) : a.C;
        Launch("matmul", $"matmul_v1<{Word(transposeA)}, {Word(transposeB)}>", CeilDivide(c.Count, 256), 256, m, n, k, alpha, a, a.Ld, b, b.Ld, beta, c, c.Ld);
    }

    /// <summary>A block for each 64×64 elements of a product (kernels/gemm.cuh).</summary>
    private static Dim3 GemmTiles(int m, int n, int products = 1) => (CeilDivide(n, 64), CeilDivide(m, 64), products);

    private static string Word(bool value) => value ? "true" : "false";
}
