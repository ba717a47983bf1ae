using NativeTrain.Testing;
using NativeTrain.Vision.Data;
using NativeTrain.Vision.Images;
using Xunit;

namespace NativeTrain.Vision.Tests;

/// <summary>Masks as the loaders hand them out: on their objects, in the right order, whatever happened to the picture.</summary>
public sealed class MaskLoadingTests : IDisposable
{
    private const int Size = 160;
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    /// <summary>Grey pictures, each with one green concave shape (an arrow) and its outline.</summary>
    private DetectionDataset Arrows()
    {
        var items = Enumerable.Range(0, 6).Select(i =>
        {
            int h = 130 + 20 * i, w = 200 - 15 * i, x = 20 + 4 * i, y = 15 + 5 * i;
            float[] arrow = [x, y, x + 80, y + 30, x + 30, y + 40, x + 40, y + 90];
            var image = RgbImage.Filled(h, w, 60);
            var runs = new List<MaskRun>();
            new PolygonRaster().Fill(arrow, h, w, 1, runs);
            foreach (var (row, start, end) in runs) TestPictures.Fill(image, start, row, end, row + 1, 0, 255, 0);
            return (image, "0 " + string.Join(' ', arrow.Select((v, k) => v / (k % 2 == 0 ? (double)w : h))));
        });
        return DetectionDataset.Open(TestPictures.WriteSet(folder, items), "train", Size, options: new DetectionSetOptions { Masks = true });
    }

    private static readonly AugmentOptions Geometry = AugmentOptions.None with { Mosaic = 1, Translate = 0.1f, Scale = 0.5f, FlipLr = 0.5f, FlipUd = 0.3f };

    /// <summary>Share of cells where a mask says object and the picture is not green, or the other way round, of those that are clear.</summary>
    private static (int Wrong, int Green) Compare(DetectionBatch batch)
    {
        int wrong = 0, green = 0, rows = batch.H / 4, columns = batch.W / 4;
        for (int cell = 0; cell < batch.N * rows * columns; cell++)
        {
            int i = cell / (rows * columns), y = cell / columns % rows, x = cell % columns, count = 0;
            for (int k = 0; k < 16; k++)
                if (batch.Images[((i * batch.H + 4 * y + k / 4) * batch.W + 4 * x + k % 4) * 3] < 45) count++;     // red: 60 grey, 0 green
            if (count is > 0 and < 16) continue;
            if (count == 16) green++;
            if (count == 16 != batch.Masks![cell] > 0) wrong++;
        }
        return (wrong, green);
    }

    public static TheoryData<string> Changes => ["plain", "turned", "tilted", "pasted", "letterboxed", "scaled", "rectangular"];

    [Theory]
    [MemberData(nameof(Changes))]
    public void MasksLieOnTheirObjects(string change)
    {
        var options = change switch
        {
            "turned" => Geometry with { Degrees = 40, Shear = 15 },
            "tilted" => Geometry with { Degrees = 10, Perspective = 0.001f },
            "pasted" => Geometry with { CopyPaste = 1 },
            _ => Geometry,
        };
        using var loader = new TrainLoader(Arrows(), 3, Size, options, 0, seed: 1, rect: change == "rectangular", multiScale: change == "scaled" ? 0.5 : 0);
        int wrong = 0, green = 0;
        for (int epoch = 0; epoch < 8; epoch++)
            foreach (DetectionBatch batch in loader.Epoch(epoch, mosaic: change != "letterboxed"))
                using (batch)
                {
                    Assert.Equal(batch.N * (batch.H / 4) * (batch.W / 4), batch.Masks!.Length);
                    var (w, g) = Compare(batch);
                    (wrong, green) = (wrong + w, green + g);
                }
        Assert.True(green > 2000, $"{green} green cells");
        // Slivers whose boxes were dropped stay green.
        Assert.True(wrong < 0.01 * green, $"{wrong} of {green}");
    }

    [Fact]
    public void RowsStandByFallingAreaAndTheMapShowsThem()
    {
        using var loader = new TrainLoader(Arrows(), 3, Size, Geometry with { Degrees = 20, Mixup = 0.5f }, 2, seed: 2);
        int several = 0;
        foreach (DetectionBatch batch in loader.Epoch(0, true))
            using (batch)
            {
                Assert.Equal(batch.TargetCount, batch.Polygons!.Count);
                var raster = new PolygonRaster();
                int cells = batch.H / 4 * (batch.W / 4), row = 0;
                for (int i = 0; i < batch.N; i++)
                {
                    var map = new int[cells];
                    int last = int.MaxValue, first = row;
                    for (; row < batch.TargetCount && batch.Targets[6 * row] == i; row++)
                    {
                        var runs = new List<MaskRun>();
                        int area = raster.Fill(batch.Polygons[row], batch.H / 4, batch.W / 4, 4, runs);
                        Assert.True(area <= last);
                        last = area;
                        foreach (var (y, start, end) in runs) Array.Fill(map, row - first + 1, y * (batch.W / 4) + start, end - start);
                        var (x1, y1, x2, y2) = Outline.Bounds(batch.Polygons[row]);
                        Assert.Equal((x1 + x2) / 2 / batch.W, batch.Targets[6 * row + 2], 1e-4f);
                        Assert.Equal((y2 - y1) / batch.H, batch.Targets[6 * row + 5], 1e-4f);
                    }
                    if (row - first > 1) several++;
                    Assert.Equal(map, batch.Masks.AsSpan(i * cells, cells).ToArray());
                }
                Assert.Equal(batch.TargetCount, row);
            }
        Assert.True(several > 1);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void WorkersChangeNoMask(bool validation)
    {
        var set = Arrows();
        var seen = new[] { 0, 3 }.Select(workers =>
        {
            using var train = new TrainLoader(set, 2, Size, Geometry with { CopyPaste = 0.5f, Mixup = 0.3f }, workers, seed: 4);
            using var val = new ValLoader(set, 2, Size, true, workers);
            return (validation ? val.All() : train.Epoch(0, true)).Cast<DetectionBatch>().SelectMany(b => { using (b) return b.Masks!.Select(m => (float)m).Concat(b.Targets); }).ToList();
        }).ToList();
        Assert.Contains(1f, seen[0]);
        Assert.Equal(seen[0], seen[1]);
    }

    [Fact]
    public void ABoxStandsForItsOutlineAndIsCounted()
    {
        var yaml = TestPictures.WriteSet(folder, [(RgbImage.Filled(64, 64, 9), "0 0.5 0.5 0.25 0.5\n1 0.1 0.1 0.9 0.1 0.1 0.9\n")]);
        var set = DetectionDataset.Open(yaml, "train", 64, options: new DetectionSetOptions { Masks = true });
        Assert.Equal(1, set.BoxesAsMasks);
        Assert.Empty(set.Problems);
        using var loader = new ValLoader(set, 1, 64, false, 0);
        using var batch = (DetectionBatch)loader.All().Single();
        Assert.Equal([1, 0], new[] { batch.Targets[1], batch.Targets[7] });         // the triangle is larger
        Assert.Equal(4 * 8, batch.Masks!.Count(m => m == 2));
        Assert.Equal(2, batch.Masks![8 * 16 + 7]);
        Assert.Equal(0, DetectionDataset.Open(yaml, "train", 64).BoxesAsMasks);
    }

    [Fact]
    public void BoxSetsHaveNoMasks()
    {
        var yaml = TestPictures.WriteSet(folder, [(RgbImage.Filled(64, 64, 9), "0 0.5 0.5 0.25 0.5\n")]);
        using var loader = new ValLoader(DetectionDataset.Open(yaml, "train", 64), 1, 64, false, 0);
        using var batch = (DetectionBatch)loader.All().Single();
        Assert.Null(batch.Masks);
        Assert.Null(batch.Polygons);
    }

    [SharedFact]
    public void RealMasksFillTheirBoxes()
    {
        var set = DetectionDataset.Open(DataYaml.Load(Shared.File("data/coco8-seg/data.yaml")), "val", 320, options: new DetectionSetOptions { Masks = true });
        using var loader = new ValLoader(set, 4, 320, true, 1);
        int instances = 0;
        foreach (DetectionBatch batch in loader.All())
            using (batch)
                for (int i = 0; i < batch.TargetCount; i++)
                {
                    var (x1, y1, x2, y2) = Outline.Bounds(batch.Polygons![i]);
                    Assert.Equal((x1 + x2) / 2 / batch.W, batch.Targets[6 * i + 2], 1e-4f);
                    Assert.Equal((y2 - y1) / batch.H, batch.Targets[6 * i + 5], 1e-4f);
                    int area = new PolygonRaster().Fill(batch.Polygons[i], batch.H, batch.W, 1, []);
                    Assert.InRange(area / ((x2 - x1) * (y2 - y1)), 0.2, 1.05);
                    instances++;
                }
        Assert.Equal(17, instances);
    }
}
