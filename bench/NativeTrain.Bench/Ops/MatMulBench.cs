using BenchmarkDotNet.Attributes;
using NativeTrain.Core;

namespace NativeTrain.Bench.Ops;

/// <summary>A 1×1 convolution of the neck as a matrix product, and the product of queries and keys of one image's head.</summary>
public class MatMulBench : OpBench
{
    private Tensor a, b, c, da, db, dc;

    /// <summary>[M,K] times [K,N].</summary>
    public sealed record Product(int M, int K, int N)
    {
        public override string ToString() => $"{M}x{K} * {K}x{N}";
    }

    public static IEnumerable<Product> Products => [new(Batch * 20 * 20, 384, 128), new(100, 32, 100)];

    [ParamsSource(nameof(Products))]
    public Product Case { get; set; }

    [GlobalSetup]
    public void Setup()
    {
        Shape left = new(Case.M, Case.K), right = new(Case.K, Case.N), result = new(Case.M, Case.N);
        (a, b, c) = (Random(left), Random(right), Random(result));
        (da, db, dc) = (Random(left), Random(right), Random(result));
    }

    [Benchmark]
    public void Forward() => Backend.MatMul(a, false, b, false, c, alpha: 1, beta: 0);

    /// <summary>da = dc·bᵀ and db = aᵀ·dc.</summary>
    [Benchmark]
    public void Backward()
    {
        Backend.MatMul(dc, false, b, true, da, alpha: 1, beta: 0);
        Backend.MatMul(a, true, dc, false, db, alpha: 1, beta: 0);
    }

    public override OpCost Cost(string pass)
    {
        long products = pass == nameof(Forward) ? 1 : 2, m = Case.M, k = Case.K, n = Case.N;
        return new(products * 2 * m * k * n, products * F32Bytes(m * k + k * n + m * n));
    }
}
