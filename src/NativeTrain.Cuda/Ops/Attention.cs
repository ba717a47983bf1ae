using NativeTrain.Core;

namespace NativeTrain.Cuda;

/// <summary>kernels/attention.cu, with the softmax of kernels/softmax.cu between its products.</summary>
public sealed partial class CudaBackend
{
    /// <summary>An operand of all heads' products: its first matrix, and how far the next row, head and image are (the kernels' HeadStride).</summary>
    private readonly record struct HeadStride(long Image, long Head, int Ld);

    private readonly record struct HeadMatrices(string Type, nint First, HeadStride Stride);

    /// <summary>The kernels' AttentionProduct.</summary>
    private readonly record struct AttentionProduct(int Heads, int M, int N, int K, float Alpha, float Beta, HeadStride A, HeadStride B, HeadStride C);

    public void AttentionForward(Tensor qkv, Tensor y, Tensor p, int heads, int keyDim, int headDim)
    {
        var s = new AttentionLayout(qkv, heads, keyDim, headDim);
        HeadMatrices q = s.OfQkv(qkv, 0), k = s.OfQkv(qkv, keyDim), v = s.OfQkv(qkv, 2 * keyDim), weights = s.OfWeights(p.Pointer);
        Products(s, s.Tokens, s.Tokens, keyDim, s.Scale, q, false, k, true, weights, 0);
        int lanes = Lanes(s.Tokens);
        long rows = p.Count / s.Tokens;
        Launch("softmax", "softmax_forward<float>", Blocks(rows * lanes), 256, p, s.Tokens, p, s.Tokens, rows, s.Tokens, lanes);
        Products(s, s.Tokens, headDim, s.Tokens, 1, weights, false, v, false, s.OfOutput(y), 0);
    }

    public void AttentionBackward(Tensor qkv, Tensor p, Tensor dy, Tensor dqkv, int heads, int keyDim, int headDim, bool accumulate)
    {
        var s = new AttentionLayout(qkv, heads, keyDim, headDim);
        HeadMatrices q = s.OfQkv(qkv, 0), k = s.OfQkv(qkv, keyDim), v = s.OfQkv(qkv, 2 * keyDim);
        HeadMatrices dq = s.OfQkv(dqkv, 0), dk = s.OfQkv(dqkv, keyDim), dv = s.OfQkv(dqkv, 2 * keyDim);
        HeadMatrices weights = s.OfWeights(p.Pointer), g = s.OfOutput(dy), ds = s.OfWeights(Workspace(sizeof(float) * p.Count));
        float keep = accumulate ? 1 : 0;
        Products(s, s.Tokens, headDim, s.Tokens, 1, weights, true, g, false, dv, keep);
        Products(s, s.Tokens, s.Tokens, headDim, 1, g, false, v, true, ds, 0);
        int lanes = Lanes(s.Tokens);
        long rows = p.Count / s.Tokens;
        Launch("softmax", "softmax_backward<float>", Blocks(rows * lanes), 256,
            p, s.Tokens, ds.First, s.Tokens, ds.First, s.Tokens, rows, s.Tokens, lanes, false);
        Products(s, s.Tokens, keyDim, s.Tokens, s.Scale, ds, false, k, false, dq, keep);
        Products(s, s.Tokens, keyDim, s.Tokens, s.Scale, ds, true, q, false, dk, keep);
    }

    /// <summary>c = alpha·op(a)·op(b) + beta·c, [m, n] with sums of k terms, for every head of every image.</summary>
    private void Products(AttentionLayout s, int m, int n, int k, float alpha, HeadMatrices a, bool transposeA, HeadMatrices b, bool transposeB, HeadMatrices c, float beta) =>
        LaunchWith("attention", $"attention_product<{a.Type}, {b.Type}, {c.Type}, {Word(transposeA)}, {Word(transposeB)}>", GemmTiles(m, n, s.Images * s.Heads), 256,
            new AttentionProduct(s.Heads, m, n, k, alpha, beta, a.Stride, b.Stride, c.Stride), a.First, b.First, c.First);

    /// <summary>Where q, k, v, the weights and the output of each head lie.</summary>
    private readonly struct AttentionLayout(Tensor qkv, int heads, int keyDim, int headDim)
    {
        private readonly int width = 2 * keyDim + headDim;

        public int Images { get; } = qkv.Shape[0];
        public int Heads { get; } = heads;
        public int Tokens { get; } = (int)(qkv.Rows / qkv.Shape[0]);
        public float Scale { get; } = 1 / MathF.Sqrt(keyDim);

        /// <summary>The part of each head that begins at a channel: 0 is q.</summary>
        public HeadMatrices OfQkv(Tensor t, int begin) => new(T(t), t.Pointer + (nint)begin * t.Type.Bytes(), new HeadStride((long)Tokens * Heads * width, width, Heads * width));

        /// <summary>y or dy.</summary>
        public HeadMatrices OfOutput(Tensor t) => new(T(t), t.Pointer, new HeadStride((long)Tokens * Heads * headDim, headDim, Heads * headDim));

        /// <summary>[images, heads, tokens, tokens], F32.</summary>
        public HeadMatrices OfWeights(nint first) => new("float", first, new HeadStride((long)Heads * Tokens * Tokens, (long)Tokens * Tokens, Tokens));
    }
}
