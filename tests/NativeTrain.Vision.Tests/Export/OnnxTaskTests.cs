using NativeTrain.Core;
using NativeTrain.Core.Ops;
using NativeTrain.Cpu;
using NativeTrain.Testing;
using NativeTrain.Vision.Export;
using NativeTrain.Vision.Models;
using Xunit;

namespace NativeTrain.Vision.Tests;

/// <summary>Exported segmentation models and classifiers beside our own inference and beside the reference's numbers.</summary>
public sealed class OnnxTaskTests : IDisposable
{
    private readonly TemporaryFolder folder = new();
    private readonly CpuBackend cpu = new();

    public void Dispose()
    {
        cpu.Dispose();
        folder.Dispose();
    }

    [SharedTheory]
    [InlineData(1, 96, 96, false)]
    [InlineData(2, 64, 128, false)]
    [InlineData(2, 64, 128, true)]
    public void SegmentationAgrees(int n, int h, int w, bool dynamic)
    {
        using var model = Open("yolo11n-seg-nc2-96");
        using var run = Export(model, new OnnxExportOptions(dynamic ? 96 : h, dynamic ? 96 : w, n, dynamic));
        float[] images = OnnxRun.Images(n, h, w);
        var outputs = run.Run(images, n, h, w);
        int cells = h * w / 64 + h * w / 256 + h * w / 1024;
        var (boxes, coefficients, prototypes) = OnnxRun.Ours(cpu, model, images, n, h, w, Read);

        Assert.Equal([n, 4 + 2 + 32, cells], outputs["output0"].Dims);
        float[] rows = OnnxRun.Swap(outputs["output0"].Values, n, 38, cells);
        OnnxRun.Close(boxes, [.. rows.Chunk(38).SelectMany(r => r[..6])]);
        OnnxRun.Close(coefficients, [.. rows.Chunk(38).SelectMany(r => r[6..])]);
        Assert.Equal([n, 32, h / 4, w / 4], outputs["output1"].Dims);
        OnnxRun.Close(OnnxRun.Swap(prototypes, n, h * w / 16, 32), outputs["output1"].Values);
        Assert.Equal("segment", run.Metadata["task"]);
    }

    [SharedFact]
    public void SegmentationIsTheReferences()
    {
        using var model = Open("yolo11n-seg-nc2-96");
        using var run = Export(model, new OnnxExportOptions(96, 96, Batch: 2));
        var outputs = run.Run(OnnxRun.Swap(Golden.Read("yolo11n-seg-nc2-96.batch")["img"].ToFloats(), 2, 3, 96 * 96), 2, 96, 96);
        OnnxRun.Close(Golden.Read("yolo11n-seg-nc2-96.expected")["eval.pred"].ToFloats(), outputs["output0"].Values);
    }

    [SharedFact]
    public void SuppressionKeepsTheCoefficients()
    {
        using var model = Open("yolo11n-seg-nc2-96");
        float[] images = OnnxRun.Images(1, 96, 96);
        using var plain = Export(model, new OnnxExportOptions(96, 96));
        float[][] rows = [.. OnnxRun.Swap(plain.Run(images, 1, 96, 96)["output0"].Values, 1, 38, 189).Chunk(38)];
        using var run = Export(model, new OnnxExportOptions(96, 96, Nms: new OnnxNms(Conf: 0, MaxDetections: 10)));
        var outputs = run.Run(images, 1, 96, 96);
        Assert.Equal([1, 10, 38], outputs["output0"].Dims);
        foreach (var found in outputs["output0"].Values.Chunk(38))
        {
            // The cell it came from is the one with its box.
            float[] source = rows.MinBy(r => MathF.Abs(r[0] - r[2] / 2 - found[0]) + MathF.Abs(r[1] - r[3] / 2 - found[1]) + MathF.Abs(r[2] - (found[2] - found[0])) + MathF.Abs(r[3] - (found[3] - found[1])))!;
            Assert.Equal(source[4..6].Max(), found[4]);
            Assert.Equal(source[6..], found[6..]);
        }
        Assert.Equal([1, 32, 24, 24], outputs["output1"].Dims);
    }

    [SharedTheory]
    [InlineData(1, 64, 64, false)]
    [InlineData(3, 64, 96, true)]
    public void ClassificationAgrees(int n, int h, int w, bool dynamic)
    {
        using var model = Open("yolo11n-cls-nc3-64");
        using var run = Export(model, new OnnxExportOptions(64, 64, n, dynamic));
        float[] images = OnnxRun.Images(n, h, w);
        var (dims, found) = run.Run(images, n, h, w)["output0"];
        Assert.Equal([n, 3], dims);
        OnnxRun.Close(OnnxRun.Ours(cpu, model, images, n, h, w, (tape, head) => cpu.ToFloats(Softmax.Forward(tape, ((ClassifyOutput)head).Logits))), found);
        Assert.Equal("classify", run.Metadata["task"]);
    }

    [SharedFact]
    public void ClassificationIsTheReferences()
    {
        using var model = Open("yolo11n-cls-nc3-64");
        var images = Golden.Read("yolo11n-cls-nc3-64.batch")["img"];
        int n = images.Shape[0];
        using var run = Export(model, new OnnxExportOptions(64, 64, n));
        var found = run.Run(OnnxRun.Swap(images.ToFloats(), n, 3, 64 * 64), n, 64, 64)["output0"].Values;
        OnnxRun.Close(Golden.Read("yolo11n-cls-nc3-64.expected")["eval.prob"].ToFloats(), found);
    }

    [SharedFact]
    public void AClassifierHasNothingToSuppress()
    {
        using var model = Open("yolo11n-cls-nc3-64");
        var e = Assert.Throws<InputException>(() => Export(model, new OnnxExportOptions(64, 64, Nms: new OnnxNms())));
        Assert.Contains("nms=true", e.Message);
    }

    private YoloModel Open(string name) => WeightsFile.Open(cpu, Shared.File($"golden/{name}.weights.safetensors"));

    private OnnxRun Export(YoloModel model, OnnxExportOptions options)
    {
        string path = folder.File($"{Guid.NewGuid():N}.onnx");
        OnnxExport.Write(model, path, [.. Enumerable.Range(0, model.Classes).Select(i => $"class{i}")], options);
        return new OnnxRun(path);
    }

    /// <summary>Boxes and scores [n, cells, 6], coefficients [n, cells, 32], prototypes [n, h/4, w/4, 32].</summary>
    private (float[] Boxes, float[] Coefficients, float[] Prototypes) Read(Tape tape, HeadOutput output)
    {
        var head = (SegmentOutput)output;
        int n = head.Prototypes.Shape[0];
        float[][] levels = [.. head.Coefficients.Select(cpu.ToFloats)];
        // Image by image, the levels one after another.
        float[] coefficients = [.. Enumerable.Range(0, n).SelectMany(i => levels.SelectMany(l => l[(i * l.Length / n)..((i + 1) * l.Length / n)]))];
        return (cpu.ToFloats(DetectionDecode.Forward(tape, head.Box, head.Cls, head.Strides)), coefficients, cpu.ToFloats(head.Prototypes));
    }
}
