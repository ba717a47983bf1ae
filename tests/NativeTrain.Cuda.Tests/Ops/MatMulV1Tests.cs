using NativeTrain.Core;
using NativeTrain.Core.Tests.Ops;
using Xunit;

namespace NativeTrain.Cuda.Tests.Ops;

/// <summary>The naive matrix product is the tiled one's equal.</summary>
public sealed class MatMulV1Tests : OpTest
{
    [Theory, MemberData(nameof(MatMulTests.Products), MemberType = typeof(MatMulTests))]
    public void AgreesWithTheTiles(int m, int n, int k, bool transposeA, bool transposeB)
    {
        var cuda = (CudaBackend)Backend;
        foreach (bool slice in new[] { false, true })
        {
            Tensor a = New(Random((long)m * k, 1), transposeA ? new(k, m) : new(m, k), slice), b = New(Random((long)k * n, 2), transposeB ? new(n, k) : new(k, n), slice);
            foreach (float beta in new[] { 0f, -2f })
            {
                float[] start = Random((long)m * n, 3);
                Tensor tiled = New(start, new(m, n), slice), naive = New(start, new(m, n), slice);
                cuda.MatMul(a, transposeA, b, transposeB, tiled, 0.5f, beta);
                cuda.MatMulV1(a, transposeA, b, transposeB, naive, 0.5f, beta);
                AssertClose([.. Values(tiled).Select(v => (double)v)], Values(naive), 1e-5);
            }
        }
    }
}
