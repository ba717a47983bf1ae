namespace NativeTrain.Vision.Export;

/// <summary>Non-maximum suppression inside the graph.</summary>
/// <param name="Conf">A detection's score must be above this.</param>
/// <param name="Iou">A box that overlaps a better one by more than this is dropped.</param>
/// <param name="MaxDetections">Rows an image.</param>
/// <param name="Agnostic">Boxes of different classes suppress one another too.</param>
public sealed record OnnxNms(float Conf = 0.25f, float Iou = 0.7f, int MaxDetections = 300, bool Agnostic = false);

/// <summary>The suppression of <see cref="Detect.Nms"/> (best class of each cell) as ONNX nodes.</summary>
internal static class NmsNodes
{
    /// <param name="graph">Takes the nodes.</param>
    /// <param name="predictions">[N, 4 + classes + extra, cells]: centre x, centre y, width, height, scores, anything else.</param>
    /// <param name="classes">Number of classes.</param>
    /// <param name="extra">Channels behind the scores (mask coefficients).</param>
    /// <param name="nms">Thresholds.</param>
    /// <returns>[N, MaxDetections, 6 + extra]: x1, y1, x2, y2, score, class, extra, by falling score; rows of zeros fill up.</returns>
    public static string Emit(OnnxGraph graph, string predictions, int classes, int extra, OnnxNms nms)
    {
        var alongCells = OnnxAttribute.Int("axis", 1);
        string[] parts = extra > 0
            ? graph.Nodes("Split", [predictions, graph.Longs(2, 2, classes, extra)], 4, alongCells)
            : graph.Nodes("Split", [predictions, graph.Longs(2, 2, classes)], 3, alongCells);
        string centre = parts[0], extent = parts[1], scores = parts[2];

        // A cell stands for its best class: the scores of its other classes become 0.
        string best = graph.Node("ArgMax", [scores], OnnxAttribute.Int("axis", 1), OnnxAttribute.Int("keepdims", 1));
        string numbers = graph.Initializer("classes", [1, classes, 1], [.. Enumerable.Range(0, classes).Select(c => (long)c)]);
        string bestOnly = graph.Node("Where", [graph.Node("Equal", [best, numbers]), scores, graph.Number(0)]);
        string score = graph.Node("ReduceSum", [bestOnly, graph.Longs(1)], OnnxAttribute.Int("keepdims", 1)); // [N, 1, cells]

        string boxes = CellsFirst(graph.Node("Concat", [centre, extent], alongCells));
        string picked = graph.Node("NonMaxSuppression", // [K, 3]: image, class, cell
            [boxes, nms.Agnostic ? score : bestOnly, graph.Long(nms.MaxDetections), graph.Number(nms.Iou), graph.Number(nms.Conf)], OnnxAttribute.Int("center_point_box", 1));

        // The score where a cell was picked, 0 elsewhere: the best MaxDetections of all classes are its largest values.
        string at = graph.Node("Gather", [picked, graph.Longs(0, 2)], OnnxAttribute.Int("axis", 1));
        string flat = graph.Node("Squeeze", [score, graph.Longs(1)]);
        string kept = graph.Node("ScatterND", [graph.Node("ConstantOfShape", [graph.Node("Shape", [flat])]), at, graph.Node("GatherND", [flat, at])]);
        string keptRow = graph.Node("Unsqueeze", [kept, graph.Longs(1)]);

        string half = graph.Node("Mul", [extent, graph.Number(0.5f)]);
        string rows = graph.Node("Concat",
            [graph.Node("Sub", [centre, half]), graph.Node("Add", [centre, half]), score, graph.Node("Cast", [best], OnnxAttribute.Int("to", OnnxProto.Float)), .. parts[3..]], alongCells);
        string isKept = graph.Node("Cast", [graph.Node("Greater", [keptRow, graph.Number(0)])], OnnxAttribute.Int("to", OnnxProto.Float));
        rows = graph.Node("Mul", [rows, isKept]);

        // Padded by as many empty cells as rows are wanted: a small picture may have fewer cells.
        string paddedRows = CellsFirst(graph.Node("Pad", [rows, graph.Longs(0, 0, 0, 0, 0, nms.MaxDetections)]));
        string paddedKept = graph.Node("Pad", [kept, graph.Longs(0, 0, 0, nms.MaxDetections)]);
        string top = graph.Nodes("TopK", [paddedKept, graph.Longs(nms.MaxDetections)], 2, alongCells)[1];
        return graph.Node("GatherND", [paddedRows, graph.Node("Unsqueeze", [top, graph.Longs(2)])], OnnxAttribute.Int("batch_dims", 1));

        string CellsFirst(string x) => graph.Node("Transpose", [x], OnnxAttribute.Ints("perm", 0, 2, 1));
    }
}
