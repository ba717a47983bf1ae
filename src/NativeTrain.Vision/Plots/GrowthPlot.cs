using NativeTrain.Core;
using ScottPlot;
using SkiaSharp;

namespace NativeTrain.Vision.Plots;

/// <summary>A line of a <see cref="GrowthPlot"/>.</summary>
/// <param name="Name">In the legend.</param>
/// <param name="Family">Lines of one family have one colour, in both plots.</param>
/// <param name="X">Above 0.</param>
/// <param name="Y">Above 0.</param>
/// <param name="Pattern">Tells a family's lines apart: 0 is whole, then come dashes and dots.</param>
public sealed record GrowthLine(string Name, int Family, IReadOnlyList<double> X, IReadOnlyList<double> Y, int Pattern = 0);

/// <summary>How figures grow with a number: two plots side by side on axes of powers of two, where doubling is a step; each with its legend beside it, where no line runs.</summary>
public static class GrowthPlot
{
    private const int Width = 1680, Height = 620;

    private static readonly LinePattern[] Patterns = [LinePattern.Solid, LinePattern.Dashed, LinePattern.Dotted, LinePattern.DenselyDashed];

    /// <param name="path">Ends in .png.</param>
    /// <param name="xLabel">What grows.</param>
    /// <param name="left">Title and lines of the left plot.</param>
    /// <param name="right">Of the right plot.</param>
    /// <exception cref="InputException">The file cannot be written.</exception>
    public static void Write(string path, string xLabel, (string Title, IReadOnlyList<GrowthLine> Lines) left, (string Title, IReadOnlyList<GrowthLine> Lines) right)
    {
        using Plot first = Lines(left.Title, xLabel, left.Lines), second = Lines(right.Title, xLabel, right.Lines);
        PlotPage.Write(path, Width, Height, canvas =>
        {
            PlotPage.Draw(canvas, first, SKRectI.Create(12, 12, Width / 2 - 18, Height - 24));
            PlotPage.Draw(canvas, second, SKRectI.Create(Width / 2 + 6, 12, Width / 2 - 18, Height - 24));
        });
    }

    private static Plot Lines(string title, string xLabel, IReadOnlyList<GrowthLine> lines)
    {
        Plot plot = PlotPage.New(title, xLabel);
        foreach (var l in lines)
        {
            double[] x = [.. l.X.Select(Math.Log2)], y = [.. l.Y.Select(Math.Log2)];
            var line = plot.Add.Scatter(x, y);
            line.Color = PlotPage.Convert(Palette.Of(l.Family));
            line.LineWidth = 2;
            line.MarkerSize = 7;
            line.LinePattern = Patterns[l.Pattern % Patterns.Length];
            line.LegendText = l.Name;
        }
        plot.ShowLegend(Edge.Right);
        Powers(plot.Axes.Bottom, lines.SelectMany(l => l.X));
        Powers(plot.Axes.Left, lines.SelectMany(l => l.Y));
        return plot;
    }

    private static void Powers(IAxis axis, IEnumerable<double> values)
    {
        double[] all = [.. values.DefaultIfEmpty(1)];
        int low = (int)Math.Floor(Math.Log2(all.Min())), high = (int)Math.Ceiling(Math.Log2(all.Max()));
        double[] at = [.. Enumerable.Range(low, high - low + 1).Select(p => (double)p)];
        axis.SetTicks(at, [.. at.Select(p => Math.Pow(2, p).ToString("0.####", System.Globalization.CultureInfo.InvariantCulture))]);
        axis.Min = low - 0.1;
        axis.Max = high + 0.1;
    }
}
