using NativeTrain.Testing;
using NativeTrain.Vision.Plots;
using Xunit;

namespace NativeTrain.Vision.Tests.Plots;

public class ResultsPlotTests
{
    private const int PanelWidth = 400, PanelHeight = 380;
    private static readonly (byte, byte, byte) Raw = (104, 160, 220), Smoothed = (235, 126, 34);

    private static readonly string[] Header =
    [
        "epoch", "time", "train/box_loss", " train/cls_loss", "train/dfl_loss", "metrics/precision(B)", "metrics/recall(B)",
        "metrics/mAP50(B)", "metrics/mAP50-95(B)", "val/box_loss", "val/cls_loss",
    ];

    /// <summary>There is one validation loss less, so the second row has a panel less; precision is never finite; recall has gaps.</summary>
    private static double[] Row(int epoch)
    {
        double falling = 3.0 / epoch, rising = 1 - 1.0 / epoch;
        return
        [
            epoch, 2 * epoch, falling, falling, falling, double.NaN, epoch % 3 == 0 ? double.PositiveInfinity : rising,
            rising, rising, falling, falling,
        ];
    }

    [Fact]
    public void Every_column_with_values_has_a_line_and_the_others_none()
    {
        using var folder = new TemporaryFolder();
        string path = folder.File("results.png");
        ResultsPlot.Write(path, Header, [.. Enumerable.Range(1, 30).Select(Row)]);

        var picture = Picture.Decode(path);
        Assert.Equal((2 * PanelHeight + 24, 5 * PanelWidth + 24), (picture.Height, picture.Width));
        for (int panel = 0; panel < 10; panel++)
        {
            int left = 12 + panel % 5 * PanelWidth, top = 12 + panel / 5 * PanelHeight;
            bool empty = panel is 3 or 9;
            int raw = picture.Count(Raw, 30, left, top, left + PanelWidth, top + PanelHeight);
            int smoothed = picture.Count(Smoothed, 10, left, top, left + PanelWidth, top + PanelHeight);
            Assert.True(empty ? raw == 0 : raw > 100, $"panel {panel}: {raw} pixels of the line");
            Assert.True(empty ? smoothed == 0 : smoothed > 200, $"panel {panel}: {smoothed} pixels of the smoothed line");
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public void Few_epochs_are_no_fault(int epochs)
    {
        using var folder = new TemporaryFolder();
        string path = folder.File("results.png");
        ResultsPlot.Write(path, Header, [.. Enumerable.Range(1, epochs).Select(Row)]);
        Assert.Equal(epochs > 0, Picture.Decode(path).Count(Raw, 30, 400, 50, 800, 380) > 0); // the dot of cls_loss
    }

    [Fact]
    public void Short_rows_are_filled_with_nothing()
    {
        using var folder = new TemporaryFolder();
        string path = folder.File("results.png");
        ResultsPlot.Write(path, Header, [[1, 2, 3], [2, 4, 2.5]]);
        Assert.True(File.Exists(path));
    }
}
