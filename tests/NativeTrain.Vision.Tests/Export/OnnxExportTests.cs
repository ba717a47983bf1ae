using NativeTrain.Core;
using NativeTrain.Core.Ops;
using NativeTrain.Cpu;
using NativeTrain.Testing;
using NativeTrain.Vision.Detect;
using NativeTrain.Vision.Export;
using NativeTrain.Vision.Models;
using Xunit;

namespace NativeTrain.Vision.Tests;

/// <summary>Exported detectors beside our own inference and beside the reference's numbers.</summary>
public sealed class OnnxExportTests : IDisposable
{
    private static readonly string[] Names = ["a cup", "it's", "c\\d"];

    private readonly TemporaryFolder folder = new();
    private readonly CpuBackend cpu = new();

    public void Dispose()
    {
        cpu.Dispose();
        folder.Dispose();
    }

    [SharedTheory]
    [InlineData(1, 128, 128)]
    [InlineData(2, 96, 160)]
    public void DetectorAgrees(int n, int h, int w)
    {
        using var model = Detector();
        using var run = Export(model, new OnnxExportOptions(h, w, n));
        Assert.Equal([n, 3, h, w], run.Declared("images"));
        Assert.Equal([n, 7, Cells(h, w)], run.Declared("output0"));
        Agrees(model, run, n, h, w);
    }

    [SharedFact]
    public void FreeAxesTakeAnySize()
    {
        using var model = Detector();
        using var run = Export(model, new OnnxExportOptions(128, 128, Dynamic: true));
        Assert.Equal([-1, 3, -1, -1], run.Declared("images"));
        Agrees(model, run, 1, 128, 128);
        Agrees(model, run, 3, 64, 160);
    }

    [SharedFact]
    public void TheReferencesOwnOutputComesOut()
    {
        using var model = Detector();
        using var run = Export(model, new OnnxExportOptions(128, 128, Batch: 2));
        var image = Golden.Read("yolo11n-nc3-128.batch")["img"];
        float[] expected = Golden.Read("yolo11n-nc3-128.expected")["eval.pred"].ToFloats();
        float[] found = run.Run(OnnxRun.Swap(image.ToFloats(), 2, 3, 128 * 128), 2, 128, 128)["output0"].Values;
        OnnxRun.Close(expected, found);
    }

    [SharedTheory]
    [InlineData(100, 0.5f, 20, false, false)] // candidates, IoU, rows
    [InlineData(200, 0.3f, 600, true, false)] // more rows than the picture has cells
    [InlineData(300, 0.7f, 50, false, true)]
    public void SuppressionInsideIsOurSuppression(int candidates, float iou, int most, bool agnostic, bool dynamic)
    {
        const int N = 2, H = 96, W = 128;
        using var model = Detector();
        float[] images = OnnxRun.Images(N, H, W);
        // The rows are the file's own without suppression, so that scores which are almost equal stay in one order.
        int cells = Cells(H, W), all = 0;
        float[] rows;
        using (var plain = Export(model, new OnnxExportOptions(H, W, N, dynamic)))
            rows = OnnxRun.Swap(plain.Run(images, N, H, W)["output0"].Values, N, 7, cells);
        float conf = Threshold(rows, candidates);
        using var run = Export(model, new OnnxExportOptions(H, W, N, dynamic, Nms: new OnnxNms(conf, iou, most, agnostic)));
        var (dims, found) = run.Run(images, N, H, W)["output0"];
        Assert.Equal([N, most, 6], dims);
        for (int i = 0; i < N; i++)
        {
            var expected = Nms.Run(rows.AsSpan(i * cells * 7, cells * 7), cells, 3, conf, iou, most, multiLabel: false, agnostic);
            all += expected.Count;
            for (int d = 0; d < most; d++)
            {
                var row = found.AsSpan((i * most + d) * 6, 6);
                if (d >= expected.Count)
                {
                    Assert.Equal([0, 0, 0, 0, 0, 0], row);
                    continue;
                }
                var e = expected[d];
                Assert.Equal(e.Class, (int)row[5]);
                Assert.Equal(e.Confidence, row[4], 1e-4f);
                Assert.All(new[] { (e.X1, row[0]), (e.Y1, row[1]), (e.X2, row[2]), (e.Y2, row[3]) }, pair => Assert.Equal(pair.Item1, pair.Item2, 0.02f));
            }
        }
        Assert.InRange(all, 5, Math.Min(candidates - 5, N * most)); // some were kept and some dropped
    }

    [Theory]
    [InlineData(17)]
    [InlineData(18)]
    [InlineData(19)]
    [InlineData(20)]
    [InlineData(21)]
    public void EveryOperatorSetIsAccepted(int opset)
    {
        using var model = YoloModel.Create(cpu, YoloSpec.BuiltIn('n'), 3);
        using var run = Export(model, new OnnxExportOptions(64, 64, Opset: opset, Nms: new OnnxNms(), Dynamic: true));
        Assert.Equal([1, 300, 6], run.Run(OnnxRun.Images(1, 64, 64), 1, 64, 64)["output0"].Dims);
    }

    [Fact]
    public void AGraphOfTheUsersOwnAgrees()
    {
        string yaml = Path.Combine(folder.Path, "own.yaml");
        File.WriteAllText(yaml, """
            sizes: {n: [0.5, 0.25, 1024]}
            layers:
              - [-1, 1, Conv, [32, 3, 2]]
              - [-1, 1, Conv, [64, 3, 2]]
              - [-1, 2, C3k2, [64, True]]
              - [-1, 1, Conv, [512, 3, 2]]
              - [-1, 1, SPPF, [512, 3]]
              - [-1, 1, C2PSA, [512]]
              - [-1, 1, Upsample, []]
              - [[-1, 2], 1, Concat, []]
              - [-1, 1, C3k2, [64, False, 0.25]]
              - [[8, 5], 1, Detect, []]
            """);
        using var model = YoloModel.Create(cpu, YoloSpec.Resolve(yaml), 3, seed: 4);
        using var run = Export(model, new OnnxExportOptions(64, 48));
        float[] images = OnnxRun.Images(1, 64, 48);
        OnnxRun.Close(OnnxRun.Swap(Ours(model, images, 1, 64, 48), 1, 16 * 12 + 8 * 6, 7), run.Run(images, 1, 64, 48)["output0"].Values);
    }

    [Fact]
    public void TheMetadataSaysWhatOthersAskFor()
    {
        using var model = YoloModel.Create(cpu, YoloSpec.BuiltIn('n'), 3);
        using var run = Export(model, new OnnxExportOptions(64, 96, Batch: 2));
        Assert.Equal(("detect", "32", "2", "[64, 96]"), (run.Metadata["task"], run.Metadata["stride"], run.Metadata["batch"], run.Metadata["imgsz"]));
        Assert.Equal("""{0: 'a cup', 1: 'it\'s', 2: 'c\\d'}""", run.Metadata["names"]);
        Assert.Equal("NativeTrain", run.Metadata["author"]);
        Assert.Contains("'nms': False", run.Metadata["args"]);
    }

    [Fact]
    public void EqualModelsGiveEqualFiles()
    {
        using var model = YoloModel.Create(cpu, YoloSpec.BuiltIn('n'), 3);
        OnnxExport.Write(model, folder.File("a.onnx"), Names, new OnnxExportOptions(64, 64));
        OnnxExport.Write(model, folder.File("b.onnx"), Names, new OnnxExportOptions(64, 64));
        Assert.Equal(File.ReadAllBytes(folder.File("a.onnx")), File.ReadAllBytes(folder.File("b.onnx")));
    }

    [Theory]
    [InlineData(100, 128, 17, "multiples of 32")]
    [InlineData(128, 128, 16, "from 17 to 21")]
    [InlineData(128, 128, 22, "from 17 to 21")]
    public void WhatCannotBeIsOneClearLine(int h, int w, int opset, string message)
    {
        using var model = YoloModel.Create(cpu, YoloSpec.BuiltIn('n'), 3);
        var e = Assert.Throws<InputException>(() => OnnxExport.Write(model, folder.File("m.onnx"), Names, new OnnxExportOptions(h, w, Opset: opset)));
        Assert.Contains(message, e.Message);
        Assert.False(File.Exists(folder.File("m.onnx")));
    }

    private YoloModel Detector() => WeightsFile.Open(cpu, Shared.File("golden/yolo11n-nc3-128.weights.safetensors"));

    private OnnxRun Export(YoloModel model, OnnxExportOptions options)
    {
        string path = folder.File("m.onnx");
        OnnxExport.Write(model, path, Names, options);
        return new OnnxRun(path);
    }

    private void Agrees(YoloModel model, OnnxRun run, int n, int h, int w)
    {
        float[] images = OnnxRun.Images(n, h, w);
        var (dims, found) = run.Run(images, n, h, w)["output0"];
        Assert.Equal([n, 7, Cells(h, w)], dims);
        OnnxRun.Close(OnnxRun.Swap(Ours(model, images, n, h, w), n, Cells(h, w), 7), found);
    }

    /// <summary>Halfway between the scores of the last candidate and the next cell.</summary>
    private static float Threshold(float[] rows, int candidates)
    {
        float[] scores = [.. rows.Chunk(7).Select(r => r[4..].Max()).OrderDescending()];
        return (scores[candidates - 1] + scores[candidates]) / 2;
    }

    /// <summary>Our rows [n, cells, 4 + nc].</summary>
    private float[] Ours(YoloModel model, float[] images, int n, int h, int w) =>
        OnnxRun.Ours(cpu, model, images, n, h, w, (tape, head) =>
            head is DetectOutput d ? cpu.ToFloats(DetectionDecode.Forward(tape, d.Box, d.Cls, d.Strides)) : []);

    private static int Cells(int h, int w) => h * w / 64 + h * w / 256 + h * w / 1024;
}
