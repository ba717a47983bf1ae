namespace NativeTrain.Vision.Export;

/// <summary>Self-attention over a map's cells as ONNX nodes (see <see cref="Core.Ops.Attention"/>).</summary>
internal static class AttentionNodes
{
    /// <param name="graph">Takes the nodes.</param>
    /// <param name="qkv">[N, heads·(2·keyDim + headDim), H, W], per head q, k, v.</param>
    /// <param name="size">Height and width, or null where they are free.</param>
    /// <returns>softmax(qᵀ·k/√keyDim) applied to v: [N, heads·headDim, H, W].</returns>
    public static string Emit(OnnxGraph graph, string qkv, (int H, int W)? size, int heads, int keyDim, int headDim)
    {
        // In a Reshape 0 keeps the input's extent, here N, and −1 is what is left, here the T = H·W cells.
        string perHead = graph.Node("Reshape", [qkv, graph.Longs(0, heads, 2 * keyDim + headDim, -1)]);
        string[] parts = graph.Nodes("Split", [perHead, graph.Longs(keyDim, keyDim, headDim)], 3, OnnxAttribute.Int("axis", 2));
        string q = Transpose(parts[0]), k = parts[1], v = parts[2];
        string scores = graph.Node("Mul", [graph.Node("MatMul", [q, k]), graph.Number(1 / MathF.Sqrt(keyDim))]); // [N, heads, T, T], keys last
        string p = graph.Node("Softmax", [scores], OnnxAttribute.Int("axis", -1));
        return graph.Node("Reshape", [graph.Node("MatMul", [v, Transpose(p)]), Shape()]);

        string Transpose(string x) => graph.Node("Transpose", [x], OnnxAttribute.Ints("perm", 0, 1, 3, 2));

        string Shape()
        {
            if (size is var (h, w)) return graph.Longs(0, heads * headDim, h, w);
            string hw = graph.Node("Slice", [graph.Node("Shape", [qkv]), graph.Longs(2), graph.Longs(4)]);
            return graph.Node("Concat", [graph.Longs(0, heads * headDim), hw], OnnxAttribute.Int("axis", 0));
        }
    }
}
