namespace NativeTrain.Vision.Export;

/// <summary>A detect head's logits to boxes and class probabilities as ONNX nodes (see <see cref="Core.Ops.DetectionDecode"/>).</summary>
internal sealed class DecodeNodes(OnnxGraph graph, int regMax)
{
    private readonly string bins = graph.Initializer("bins", [1, 1, regMax, 1], [.. Enumerable.Range(0, regMax).Select(i => (float)i)]);

    /// <param name="box">[N, 4·regMax, h, w]: logits of the distances left, top, right, bottom.</param>
    /// <param name="cls">[N, classes, h, w].</param>
    /// <param name="size">Height and width, or null where they are free.</param>
    /// <param name="classes">Number of classes.</param>
    /// <param name="stride">Pixels of a cell.</param>
    /// <returns>[N, 4 + classes, h·w]: centre x, centre y, width, height in pixels, class probabilities.</returns>
    public string Level(string box, string cls, (int H, int W)? size, int classes, int stride)
    {
        string logits = graph.Node("Reshape", [box, graph.Longs(0, 4, regMax, -1)]);
        string weights = graph.Node("Softmax", [logits], OnnxAttribute.Int("axis", 2));
        string expected = graph.Node("ReduceSum", [graph.Node("Mul", [weights, bins]), graph.Longs(2)], OnnxAttribute.Int("keepdims", 0)); // [N, 4, h·w], in cells
        string[] sides = graph.Nodes("Split", [expected, graph.Longs(2, 2)], 2, OnnxAttribute.Int("axis", 1));
        string centres = size is var (h, w) ? Centres(h, w, stride) : Centres(box);
        string leftTop = graph.Node("Sub", [centres, sides[0]]), rightBottom = graph.Node("Add", [centres, sides[1]]);
        string centre = graph.Node("Mul", [graph.Node("Add", [leftTop, rightBottom]), graph.Number(stride / 2f)]);
        string extent = graph.Node("Mul", [graph.Node("Sub", [rightBottom, leftTop]), graph.Number(stride)]);
        string scores = graph.Node("Sigmoid", [graph.Node("Reshape", [cls, graph.Longs(0, classes, -1)])]);
        return graph.Node("Concat", [centre, extent, scores], OnnxAttribute.Int("axis", 1));
    }

    /// <summary>The cells' centres, x then y, [1, 2, h·w], known beforehand.</summary>
    private string Centres(int h, int w, int stride)
    {
        var centres = new float[2 * h * w];
        for (int i = 0; i < h * w; i++)
        {
            centres[i] = i % w + 0.5f;
            centres[h * w + i] = i / w + 0.5f;
        }
        return graph.Initializer($"centres.stride{stride}", [1, 2, h * w], centres);
    }

    /// <summary>The same computed from a map's height and width, where they are free: x = 0.5 + cell mod w, y = 0.5 + cell div w.</summary>
    private string Centres(string map)
    {
        string shape = graph.Node("Shape", [map]);
        string h = graph.Node("Gather", [shape, graph.Long(2)]), w = graph.Node("Gather", [shape, graph.Long(3)]);
        string cells = graph.Node("Range", [graph.Long(0), graph.Node("Mul", [h, w]), graph.Long(1)]);
        string row = graph.Node("Div", [cells, w]);
        string column = graph.Node("Sub", [cells, graph.Node("Mul", [row, w])]);
        string both = graph.Node("Concat", [Lift(column), Lift(row)], OnnxAttribute.Int("axis", 1));
        return graph.Node("Add", [graph.Node("Cast", [both], OnnxAttribute.Int("to", OnnxProto.Float)), graph.Number(0.5f)]);

        string Lift(string cell) => graph.Node("Reshape", [cell, graph.Longs(1, 1, -1)]);
    }
}
