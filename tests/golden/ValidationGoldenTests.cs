using System.Text.Json;
using NativeTrain.Cpu;
using NativeTrain.Testing;
using NativeTrain.Training;
using NativeTrain.Vision.Images;
using NativeTrain.Vision.Metrics;
using NativeTrain.Vision.Models;
using Xunit;

namespace NativeTrain.Golden.Tests;

/// <summary>The whole path from JPEG files to mAP and boxes, beside what the reference says of the same weights and pictures.</summary>
public sealed class ValidationGoldenTests
{
    private static readonly JsonElement Expected = Shared.Folder is null
        ? default
        : JsonDocument.Parse(File.ReadAllText(Shared.File("golden/yolo11n-bccd.val.json"))).RootElement;

    [SharedTheory]
    [InlineData("val", true)]
    [InlineData("val", false)]
    [InlineData("test", true)]
    [InlineData("test", false)]
    public void ValidationAgreesWithTheReference(string split, bool rect)
    {
        using var folder = new TemporaryFolder();
        var options = TrainOptions.Parse(Verb.Val, "model=" + Shared.File("golden/yolo11n-bccd.weights.safetensors"), "data=" + Shared.File("data/bccd/data.yaml"),
            "imgsz=320", "plots=false", $"split={split}", $"rect={(rect ? "true" : "false")}", "project=" + folder.Path);
        using var backend = new CpuBackend();
        var report = ((DetectionValidation)Validator.Run(backend, options)!).Report;

        var expected = Expected.GetProperty($"{split}.rect={(rect ? "true" : "false")}");
        Within(0.005, expected.GetProperty("mean").GetProperty("mAP50").GetDouble(), report.Map50);
        Within(0.005, expected.GetProperty("mean").GetProperty("mAP50_95").GetDouble(), report.Map5095);
        Assert.Equal(3, report.Classes.Count);
        foreach (ClassReport c in report.Classes)
        {
            var e = expected.GetProperty("classes").GetProperty(c.Name);
            Within(0.015, e.GetProperty("AP50").GetDouble(), c.Ap50);
            Within(0.015, e.GetProperty("AP50_95").GetDouble(), c.Ap5095);
        }
    }

    [SharedFact]
    public void PredictionFindsTheReferencesBoxes()
    {
        using var backend = new CpuBackend();
        using var model = WeightsFile.Open(backend, Shared.File("golden/yolo11n-bccd.weights.safetensors"));
        // The reference lists what it is at least 0.25 sure of; ours may be up to 0.02 less sure of the same box.
        var options = TrainOptions.Parse(Verb.Predict, "model=m.safetensors", "source=.", "imgsz=320", "conf=0.23");
        var predictor = new DetectPredictor(model, options, ["RBC", "WBC", "Platelets"]);
        int boxes = 0;
        foreach (var picture in Expected.GetProperty("predict.conf=0.25.iou=0.7").EnumerateObject())
        {
            string path = Shared.File("data/bccd/images/test/" + picture.Name);
            var found = ((DetectPrediction)predictor.Predict(path, ImageFile.Load(path))).Found;
            foreach (var e in picture.Value.EnumerateArray())
            {
                float[] b = [.. e.GetProperty("box").EnumerateArray().Select(v => v.GetSingle())];
                double conf = e.GetProperty("conf").GetDouble();
                int cls = e.GetProperty("cls").GetInt32();
                Assert.True(found.Any(d => d.Class == cls && Math.Abs(d.Confidence - conf) <= 0.02 && Iou(b, [d.X1, d.Y1, d.X2, d.Y2]) >= 0.9),
                    $"{picture.Name}: nothing like class {cls}, confidence {conf:F3} at {string.Join(", ", b)}");
                boxes++;
            }
        }
        Assert.True(boxes > 100);
    }

    private static double Iou(float[] a, float[] b)
    {
        double w = Math.Min(a[2], b[2]) - Math.Max(a[0], b[0]), h = Math.Min(a[3], b[3]) - Math.Max(a[1], b[1]);
        if (w <= 0 || h <= 0) return 0;
        double Area(float[] r) => (double)(r[2] - r[0]) * (r[3] - r[1]);
        return w * h / (Area(a) + Area(b) - w * h);
    }

    private static void Within(double tolerance, double expected, double actual) =>
        Assert.True(Math.Abs(expected - actual) <= tolerance, $"{actual:F4}, the reference has {expected:F4} (± {tolerance})");
}
