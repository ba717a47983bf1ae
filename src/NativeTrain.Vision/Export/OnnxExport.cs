using NativeTrain.Core;
using NativeTrain.Core.Ops;
using NativeTrain.Nn;
using NativeTrain.Vision.Models;

namespace NativeTrain.Vision.Export;

/// <summary>How a model is to be written as ONNX.</summary>
/// <param name="Height">Height of the input in pixels, a multiple of the model's largest stride.</param>
/// <param name="Width">Its width.</param>
/// <param name="Batch">Images a run.</param>
/// <param name="Dynamic">Whether batch, height and width stay free; the others are then those written in the metadata.</param>
/// <param name="Opset">Version of the operator set, 17 to 21.</param>
/// <param name="Nms">Suppression inside the graph, or null for every cell's box and scores.</param>
public sealed record OnnxExportOptions(int Height, int Width, int Batch = 1, bool Dynamic = false, int Opset = 17, OnnxNms? Nms = null);

/// <summary>
/// Writes a model for inference as an ONNX file: batch norms folded into convolutions, boxes decoded, and suppressed where
/// that is asked for. The nodes are those that the model's own forward pass asks of <see cref="OnnxTraceBackend"/>.
/// </summary>
public static class OnnxExport
{
    public const int LeastOpset = 17, MostOpset = 21;

    /// <summary>
    /// Input "images", float [N, 3, H, W], RGB 0…1. Outputs, by task. Detect: "output0" [N, 4 + nc, cells], centre x, centre y,
    /// width and height in pixels, then class probabilities; segment: 32 mask coefficients behind them, and "output1", prototypes
    /// [N, 32, H/4, W/4]; classify: "output0" [N, nc], probabilities. With suppression output0 is [N, max_det, 6 (+ 32)]: x1, y1,
    /// x2, y2, score, class (, coefficients).
    /// </summary>
    /// <param name="model">The model; its weights may be on any backend.</param>
    /// <param name="path">The file to write.</param>
    /// <param name="names">Class names, for the metadata.</param>
    /// <param name="options">Sizes and variants.</param>
    /// <exception cref="InputException">The size is no multiple of the stride, the task has no boxes to suppress, or the file cannot be written.</exception>
    public static void Write(YoloModel model, string path, IReadOnlyList<string> names, OnnxExportOptions options)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(options);
        int stride = model.Strides.Max();
        if (options.Height % stride != 0 || options.Width % stride != 0)
            throw new InputException($"imgsz={options.Height},{options.Width}: must be multiples of {stride}");
        if (options.Opset is < LeastOpset or > MostOpset) throw new InputException($"opset={options.Opset}: must be from {LeastOpset} to {MostOpset}");
        if (options.Nms is not null && model.Task == YoloTask.Classify) throw new InputException("nms=true: a classifier has no boxes to suppress; leave it out");

        var graph = new OnnxGraph();
        Trace(graph, model, options);
        // The intermediate-representation version that came with an operator set: onnx/docs/Versioning.md.
        int irVersion = options.Opset switch { <= 18 => 8, <= 20 => 9, _ => 10 };
        string version = typeof(OnnxExport).Assembly.GetName().Version!.ToString(3);
        var proto = OnnxProto.Model(irVersion, options.Opset, "nativetrain", version, graph.ToProto(model.Spec.Name), OnnxMetadata.Of(model, names, options, version));
        AtomicFile.Write(path, proto.WriteTo);
    }

    private static void Trace(OnnxGraph graph, YoloModel model, OnnxExportOptions options)
    {
        OnnxDimension Free(int value, string name) => options.Dynamic ? name : value;
        var batch = Free(options.Batch, "batch");
        using var backend = new OnnxTraceBackend(graph, model, options.Dynamic);
        using var tape = new Tape(backend, record: false, training: false);
        using var images = Tensor.Create(backend, new Shape(options.Batch, options.Height, options.Width, 3));
        backend.Bind(images, graph.Input("images", batch, 3, Free(options.Height, "height"), Free(options.Width, "width")));

        switch (model.Forward(tape, images))
        {
            case SegmentOutput segment:
                Boxes(segment, segment.Coefficients);
                var p = segment.Prototypes.Shape;
                graph.Output("output1", backend.Read(segment.Prototypes), batch, p.C, Free(p[1], "mask_height"), Free(p[2], "mask_width"));
                break;
            case DetectOutput detect:
                Boxes(detect, []);
                break;
            case ClassifyOutput classify:
                graph.Output("output0", backend.Read(Softmax.Forward(tape, classify.Logits)), batch, model.Classes);
                break;
        }

        void Boxes(DetectOutput head, IReadOnlyList<Tensor> extra)
        {
            var decoded = DetectionDecode.Forward(tape, head.Box, head.Cls, head.Strides, DetectHead.RegMax);
            int channels = extra.Count > 0 ? extra[0].C : 0;
            string rows = backend.Read(decoded);
            if (channels > 0)
            {
                string cells = graph.Node("Concat", [.. extra.Select(e => graph.Node("Reshape", [backend.Read(e), graph.Longs(0, channels, -1)]))], OnnxAttribute.Int("axis", 2));
                rows = graph.Node("Concat", [rows, cells], OnnxAttribute.Int("axis", 1));
            }
            if (options.Nms is { } nms)
                graph.Output("output0", NmsNodes.Emit(graph, rows, model.Classes, channels, nms), batch, nms.MaxDetections, 6 + channels);
            else
                graph.Output("output0", rows, batch, 4 + model.Classes + channels, Free(decoded.Shape[1], "cells"));
        }
    }
}
