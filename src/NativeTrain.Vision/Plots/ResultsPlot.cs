using NativeTrain.Core;
using ScottPlot;
using ScottPlot.TickGenerators;
using SkiaSharp;

namespace NativeTrain.Vision.Plots;

/// <summary>results.png: losses and metrics over the epochs, each with a smoothed line.</summary>
public static class ResultsPlot
{
    private const int PanelWidth = 400;
    private const int PanelHeight = 380;
    private const int Margin = 12;
    private const double SmoothingSigma = 3; // epochs

    private static readonly Color Raw = new(104, 160, 220);
    private static readonly Color Smoothed = new(235, 126, 34);

    /// <summary>
    /// The columns of losses and metrics, in two rows of panels: training losses and the first half of the metrics
    /// above, validation losses and the other half below.
    /// </summary>
    private static string[][] Panels(IReadOnlyList<string> header)
    {
        var names = header.Select(name => name.Trim()).ToList();
        string[] train = Of("train/"), val = Of("val/"), metrics = Of("metrics/");
        int half = (metrics.Length + 1) / 2;
        return [[.. train, .. metrics[..half]], [.. val, .. metrics[half..]]];

        string[] Of(string part) => [.. names.Where(name => name.StartsWith(part, StringComparison.Ordinal))];
    }

    /// <param name="path">Ends in .png.</param>
    /// <param name="header">Column names of results.csv; those of losses and metrics get a panel each.</param>
    /// <param name="rows">One row of values an epoch. Values that are not finite are left out of the lines.</param>
    /// <exception cref="InputException">The file cannot be written.</exception>
    public static void Write(string path, IReadOnlyList<string> header, IReadOnlyList<IReadOnlyList<double>> rows)
    {
        ArgumentNullException.ThrowIfNull(header);
        ArgumentNullException.ThrowIfNull(rows);
        double[] epochs = Column(header, rows, "epoch") ?? [.. Enumerable.Range(1, rows.Count).Select(epoch => (double)epoch)];

        string[][] panels = Panels(header);
        int columns = Math.Max(1, panels.Max(row => row.Length));
        PlotPage.Write(path, columns * PanelWidth + 2 * Margin, panels.Length * PanelHeight + 2 * Margin, canvas =>
        {
            for (int row = 0; row < panels.Length; row++)
                for (int i = 0; i < panels[row].Length; i++)
                {
                    using Plot plot = Panel(panels[row][i], epochs, Column(header, rows, panels[row][i]) ?? [], legend: row == 0 && i == 0);
                    PlotPage.Draw(canvas, plot, SKRectI.Create(Margin + i * PanelWidth, Margin + row * PanelHeight, PanelWidth, PanelHeight));
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
