using NativeTrain.Nn;
using NativeTrain.Testing;
using NativeTrain.Vision.Detect;
using NativeTrain.Vision.Metrics;
using Xunit;

namespace NativeTrain.Golden.Tests;

/// <summary>60 images of predictions and boxes: true positives must be equal, AP, P, R and F1 within 1e-4.</summary>
public sealed class DetectionMetricsGoldenTests
{
    private const double Tolerance = 1e-4;

    [SharedFact]
    public void TruePositivesEqualTheReferences()
    {
        var file = Open();
        for (int i = 0; i < Images(file); i++)
        {
            float[] expected = file[$"img{i}.tp"].ToFloats();
            ushort[] right = Matching.TruePositives(Found(file, i), Truth(file, i));
            for (int d = 0; d < right.Length; d++)
                for (int t = 0; t < Matching.Thresholds.Count; t++)
                    Assert.True(expected[d * Matching.Thresholds.Count + t] != 0 == ((right[d] >> t & 1) != 0), $"image {i}, detection {d}, IoU {Matching.Thresholds[t]}");
        }
    }

    [SharedFact]
    public void PrecisionRecallAndApEqualTheReferences()
    {
        var file = Open();
        int classes = int.Parse(file.Metadata["classes"]);
        var metrics = new DetectionMetrics([.. Enumerable.Range(0, classes).Select(c => $"class {c}")]);
        for (int i = 0; i < Images(file); i++) metrics.Add(Found(file, i), Truth(file, i));
        var report = metrics.Compute();

        Assert.Equal(classes, report.Classes.Count);
        Near(file["expected.precision"], report.Classes.Select(c => c.Precision));
        Near(file["expected.recall"], report.Classes.Select(c => c.Recall));
        Near(file["expected.f1"], report.Classes.Select(c => c.F1));
        Near(file["expected.ap"], report.Classes.SelectMany(c => c.Ap));
        Assert.Equal(double.Parse(file.Metadata["map50"]), report.Map50, Tolerance);
        Assert.Equal(double.Parse(file.Metadata["map50-95"]), report.Map5095, Tolerance);
    }

    private static SafetensorsFile Open() => Safetensors.Read(Shared.File("golden/detection-metrics.safetensors"));

    private static int Images(SafetensorsFile file) => int.Parse(file.Metadata["images"]);

    private static Detection[] Found(SafetensorsFile file, int image) =>
        [.. file[$"img{image}.pred"].ToFloats().Chunk(6).Select(r => new Detection(r[0], r[1], r[2], r[3], r[4], (int)r[5]))];

    private static TruthBox[] Truth(SafetensorsFile file, int image) =>
        [.. file[$"img{image}.gt"].ToFloats().Chunk(5).Select(r => new TruthBox(r[1], r[2], r[3], r[4], (int)r[0]))];

    private static void Near(SafetensorsEntry expected, IEnumerable<double> actual)
    {
        float[] values = expected.ToFloats();
        double[] found = [.. actual];
        Assert.Equal(values.Length, found.Length);
        for (int i = 0; i < values.Length; i++)
            Assert.True(Math.Abs(values[i] - found[i]) <= Tolerance, $"{expected.Name}[{i}] is {found[i]:g6}, expected {values[i]:g6}");
    }
}
