using System.Text.Json;
using NativeTrain.Testing;
using NativeTrain.Vision.Images;
using Xunit;

namespace NativeTrain.Training.Tests;

/// <summary>From JPEG to mAP and to boxes, with a detector that the reference trained, beside what the reference says of it.</summary>
public sealed class BloodCellTests(TinySet set) : IClassFixture<TinySet>
{
    [SharedTheory]
    [InlineData("val", true)]
    [InlineData("val", false)]
    [InlineData("test", true)]
    [InlineData("test", false)]
    public void ValidationAgreesWithTheReference(string split, bool rect)
    {
        var options = TrainOptions.Parse(Verb.Val, $"model={Shared.File("golden/yolo11n-bccd.weights.safetensors")}", $"data={Shared.File("data/bccd/data.yaml")}",
            "imgsz=320", $"split={split}", $"rect={rect}", "batch=32", "plots=false", $"project={set.Folder}");
        var report = Validator.Run(set.Backend, options)!.Report;

        using var json = JsonDocument.Parse(File.ReadAllText(Shared.File("golden/yolo11n-bccd.val.json")));
        var expected = json.RootElement.GetProperty($"{split}.rect={(rect ? "true" : "false")}");
        Assert.Equal(Number(expected.GetProperty("mean"), "mAP50"), report.Map50, 0.005);
        Assert.Equal(Number(expected.GetProperty("mean"), "mAP50_95"), report.Map5095, 0.005);
        foreach (var c in report.Classes)
        {
            var of = expected.GetProperty("classes").GetProperty(c.Name);
            Assert.Equal(Number(of, "AP50"), c.Ap50, 0.015);
            Assert.Equal(Number(of, "AP50_95"), c.Ap5095, 0.015);
        }
    }

    [SharedFact]
    public void PredictionFindsTheReferencesBoxes()
    {
        var options = TrainOptions.Parse(Verb.Predict, "imgsz=320");
        using var loaded = ModelSource.Load(set.Backend, Shared.File("golden/yolo11n-bccd.weights.safetensors"));
        var predictor = new Predictor(set.Backend, loaded.Model, options);
        using var json = JsonDocument.Parse(File.ReadAllText(Shared.File("golden/yolo11n-bccd.val.json")));
        foreach (var picture in json.RootElement.GetProperty("predict.conf=0.25.iou=0.7").EnumerateObject())
        {
            string path = Directory.EnumerateFiles(Shared.File("data/bccd/images"), picture.Name, SearchOption.AllDirectories).Single();
            var found = predictor.Predict(path, ImageFile.Load(path)).Found;
            foreach (var box in picture.Value.EnumerateArray())
            {
                float[] b = [.. box.GetProperty("box").EnumerateArray().Select(v => v.GetSingle())];
                double confidence = Number(box, "conf");
                int cls = box.GetProperty("cls").GetInt32();
                // One that the reference is only just sure enough of may fall short here.
                if (confidence < options.Conf + 0.02) continue;
                Assert.Contains(found, d => d.Class == cls && Math.Abs(d.Confidence - confidence) <= 0.02 && Iou(b, [d.X1, d.Y1, d.X2, d.Y2]) >= 0.9);
            }
        }
    }

    private static double Number(JsonElement element, string name) => element.GetProperty(name).GetDouble();

    private static double Iou(float[] a, float[] b)
    {
        double w = Math.Max(0, Math.Min(a[2], b[2]) - Math.Max(a[0], b[0])), h = Math.Max(0, Math.Min(a[3], b[3]) - Math.Max(a[1], b[1]));
        double both = w * h;
        return both / ((a[2] - a[0]) * (double)(a[3] - a[1]) + (b[2] - b[0]) * (double)(b[3] - b[1]) - both);
    }
}
