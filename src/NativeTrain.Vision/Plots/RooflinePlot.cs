using NativeTrain.Core;
using ScottPlot;
using SkiaSharp;

namespace NativeTrain.Vision.Plots;

/// <summary>One kernel in the picture.</summary>
/// <param name="Group">Its op: one colour and one entry of the legend each.</param>
/// <param name="Intensity">FLOPs a byte.</param>
/// <param name="FlopsPerSecond">What it reached.</param>
public readonly record struct RooflinePoint(string Group, double Intensity, double FlopsPerSecond);

/// <summary>
/// roofline.png: what kernels reached over their FLOPs a byte, both axes logarithmic, under the two roofs that the
/// machine's memory and arithmetic set.
/// </summary>
public static class RooflinePlot
{
    private const int Width = 1200, Height = 760;

    /// <param name="path">Ends in .png.</param>
    /// <param name="title">What was measured where.</param>
    /// <param name="bytesPerSecond">The memory's bandwidth.</param>
    /// <param name="flopsPerSecond">The arithmetic's rate.</param>
    /// <param name="points">The kernels; those without FLOPs are not shown.</param>
    /// <exception cref="InputException">The file cannot be written.</exception>
    public static void Write(string path, string title, double bytesPerSecond, double flopsPerSecond, IReadOnlyList<RooflinePoint> points)
    {
        ArgumentNullException.ThrowIfNull(points);
        RooflinePoint[] shown = [.. points.Where(p => p.Intensity > 0 && p.FlopsPerSecond > 0)];
        using Plot plot = PlotPage.New(title, "FLOPs a byte", "GFLOP/s");
        double ridge = flopsPerSecond / bytesPerSecond;
        double left = Math.Min(0.1, shown.Select(p => p.Intensity).DefaultIfEmpty(1).Min()), right = Math.Max(10 * ridge, shown.Select(p => p.Intensity).DefaultIfEmpty(1).Max());
        Coordinates[] roofs = [At(left, left * bytesPerSecond), At(ridge, flopsPerSecond), At(right, flopsPerSecond)];
        var roof = plot.Add.ScatterLine(roofs);
        roof.Color = PlotPage.Convert(PlotPage.Ink);
        roof.LineWidth = 2;
        int group = 0;
        foreach (var kernels in shown.GroupBy(p => p.Group))
        {
            var marks = plot.Add.ScatterPoints(kernels.Select(p => At(p.Intensity, p.FlopsPerSecond)).ToArray());
            marks.Color = PlotPage.Convert(Palette.Of(group++));
            marks.MarkerSize = 8;
            marks.LegendText = kernels.Key;
        }
        plot.ShowLegend(Alignment.LowerRight);
        double low = shown.Select(p => p.FlopsPerSecond).Append(left * bytesPerSecond).Min();
        Decades(plot.Axes.Bottom, left, right, 1);
        Decades(plot.Axes.Left, low, flopsPerSecond, 1e9);
        plot.Axes.SetLimits(Math.Log10(left), Math.Log10(right), Math.Log10(low), Math.Log10(2 * flopsPerSecond));
        PlotPage.Write(path, Width, Height, canvas => PlotPage.Draw(canvas, plot, SKRectI.Create(12, 12, Width - 24, Height - 24)));
    }

    private static Coordinates At(double x, double y) => new(Math.Log10(x), Math.Log10(y));

    /// <summary>A tick at every power of ten, numbered in <paramref name="unit"/>.</summary>
    private static void Decades(IAxis axis, double low, double high, double unit)
    {
        int first = (int)Math.Floor(Math.Log10(low)), last = (int)Math.Ceiling(Math.Log10(high)), shift = (int)Math.Log10(unit);
        double[] at = [.. Enumerable.Range(first, last - first + 1).Select(d => (double)d)];
        axis.SetTicks(at, [.. at.Select(d => Math.Pow(10, d - shift).ToString("g3", System.Globalization.CultureInfo.InvariantCulture))]);
    }
}
