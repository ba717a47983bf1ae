using NativeTrain.Core;
using ScottPlot;
using ScottPlot.TickGenerators;
using SkiaSharp;

namespace NativeTrain.Vision.Plots;

/// <summary>results.png: losses and metrics over the epochs, each with a smoothed line.</summary>
public static class ResultsPlot
{
    private const int Columns = 5;
    private const int PanelWidth = 400;
    private const int PanelHeight = 380;
    private const int Margin = 12;
    private const double SmoothingSigma = 3; // epochs

    private static readonly Color Raw = new(104, 160, 220);
    private static readonly Color Smoothed = new(235, 126, 34);

    private static readonly string[] Panels =
    [
        "train/box_loss", "train/cls_loss", "train/dfl_loss", "metrics/precision(B)", "metrics/recall(B)",
        "val/box_loss", "val/cls_loss", "val/dfl_loss", "metrics/mAP50(B)", "metrics/mAP50-95(B)",
    ];

    /// <param name="path">Ends in .png.</param>
    /// <param name="header">Column names of results.csv; columns that it lacks leave their panel empty.</param>
    /// <param name="rows">One row of values an epoch. Values that are not finite are left out of the lines.</param>
    /// <exception cref="InputException">The file cannot be written.</exception>
    public static void Write(string path, IReadOnlyList<string> header, IReadOnlyList<IReadOnlyList<double>> rows)
    {
        ArgumentNullException.ThrowIfNull(header);
        ArgumentNullException.ThrowIfNull(rows);
        double[] epochs = Column(header, rows, "epoch") ?? [.. Enumerable.Range(1, rows.Count).Select(epoch => (double)epoch)];

        int width = Columns * PanelWidth + 2 * Margin, height = Panels.Length / Columns * PanelHeight + 2 * Margin;
        PlotPage.Write(path, width, height, canvas =>
        {
            for (int i = 0; i < Panels.Length; i++)
            {
                using Plot plot = Panel(Panels[i], epochs, Column(header, rows, Panels[i]) ?? [], legend: i == 0);
                PlotPage.Draw(canvas, plot, SKRectI.Create(
                    Margin + i % Columns * PanelWidth, Margin + i / Columns * PanelHeight, PanelWidth, PanelHeight));
            }
        });
    }

    private static double[]? Column(IReadOnlyList<string> header, IReadOnlyList<IReadOnlyList<double>> rows, string name)
    {
        int column = -1;
        for (int i = 0; i < header.Count; i++)
            if (header[i].Trim() == name) column = i;
        return column < 0 ? null : [.. rows.Select(row => column < row.Count ? row[column] : double.NaN)];
    }

    private static Plot Panel(string title, double[] epochs, double[] values, bool legend)
    {
        Plot plot = PlotPage.New(title);
        plot.Axes.Bottom.TickGenerator = new NumericAutomatic { IntegerTicksOnly = true };
        plot.Axes.Left.MinimumSize = 56; // the same for all panels, so that they stand in line

        Coordinates[] raw = PlotPage.Finite(epochs, values);
        if (raw.Length == 0)
        {
            plot.Axes.SetLimits(0, 1, 0, 1);
            var note = plot.Add.Text("no values", 0.5, 0.5);
            note.LabelAlignment = Alignment.MiddleCenter;
            note.LabelFontSize = PlotPage.TickLetters;
            note.LabelFontColor = Colors.Gray;
            return plot;
        }

        var dots = plot.Add.Scatter(raw);
        dots.Color = Raw;
        dots.LineWidth = 1.5f;
        dots.MarkerSize = 5;
        var line = plot.Add.ScatterLine(PlotPage.Finite(epochs, GaussianSmoothing.Apply(values, SmoothingSigma)));
        line.Color = Smoothed;
        line.LineWidth = 3;
        if (legend)
        {
            dots.LegendText = "each epoch";
            line.LegendText = "smoothed";
            plot.ShowLegend(Alignment.UpperRight);
            plot.Legend.FontSize = PlotPage.TickLetters;
            plot.Legend.ShadowColor = Colors.Transparent;
            plot.Legend.OutlineColor = PlotPage.Convert(PlotPage.Grid);
        }

        var (left, right) = Padded(raw.Min(point => point.X), raw.Max(point => point.X));
        var (bottom, top) = Padded(raw.Min(point => point.Y), raw.Max(point => point.Y));
        plot.Axes.SetLimits(left, right, bottom, top);
        return plot;
    }

    /// <summary>A range with a margin of 6 %, and of a useful size where all values are one.</summary>
    private static (double From, double To) Padded(double from, double to)
    {
        double margin = to > from ? 0.06 * (to - from) : Math.Max(0.1 * Math.Abs(from), 0.05);
        return (from - margin, to + margin);
    }
}
