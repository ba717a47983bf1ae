using System.Runtime.InteropServices;
using Xunit;

namespace NativeTrain.Core.Tests.Ops;

public sealed class MatMulTests : OpTest
{
    public static TheoryData<int, int, int, bool, bool> Products
    {
        get
        {
            var data = new TheoryData<int, int, int, bool, bool>();
            foreach (var (m, n, k) in new[] { (1, 1, 1), (3, 17, 5), (64, 10, 33), (1, 130, 520), (530, 3, 2) })
                foreach (bool a in new[] { false, true })
                    foreach (bool b in new[] { false, true })
                        data.Add(m, n, k, a, b);
            return data;
        }
    }

    [Theory, MemberData(nameof(Products))]
    public void IsTheSumOfProducts(int m, int n, int k, bool transposeA, bool transposeB)
    {
        Shape shapeA = transposeA ? new(k, m) : new(m, k), shapeB = transposeB ? new(n, k) : new(k, n), shapeC = new(m, n);
        float[] a = Random(shapeA.Count, 1), b = Random(shapeB.Count, 2), c = Random(shapeC.Count, 3);
        const float alpha = 0.5f, beta = -2f;
        double[] product = new double[shapeC.Count];
        for (int i = 0; i < m; i++)
            for (int j = 0; j < n; j++)
                for (int p = 0; p < k; p++)
                    product[i * n + j] += (double)a[transposeA ? p * m + i : i * k + p] * b[transposeB ? j * k + p : p * n + j];

        // Terms of the order 1, added one after another: each addition rounds the sum so far.
        double tolerance = Math.Max(2e-5, 1e-7 * k);
        foreach (bool slice in new[] { false, true })
        {
            Tensor ta = New(a, shapeA, slice), tb = New(b, shapeB, slice);
            var tc = Blank(shapeC, slice);
            Backend.MatMul(ta, transposeA, tb, transposeB, tc, 1, 0);
            AssertClose(product, Values(tc), tolerance);

            tc = New(c, shapeC, slice);
            Backend.MatMul(ta, transposeA, tb, transposeB, tc, alpha, beta);
            AssertClose([.. product.Zip(c, (p, v) => alpha * p + beta * v)], Values(tc), tolerance);
        }
    }

    [Theory]
    [InlineData(700, 90, 600)]
    [InlineData(40, 2000, 30)] // one tile: a library that saw all threads would cut its long sums by their number
    public void DoesNotDependOnThreads(int m, int k, int n) => AssertThreadsAgree(backend =>
    {
        using var a = Tensor.Create(backend, new Shape(m, k));
        using var b = Tensor.Create(backend, new Shape(k, n));
        using var c = Tensor.Create(backend, new Shape(m, n));
        backend.Upload(MemoryMarshal.AsBytes(Random(a.Count, 1).AsSpan()), a);
        backend.Upload(MemoryMarshal.AsBytes(Random(b.Count, 2).AsSpan()), b);
        backend.MatMul(a, false, b, false, c, 1, 0);
        return backend.ToFloats(c);
    });
}
