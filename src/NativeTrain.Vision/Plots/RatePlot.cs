using NativeTrain.Core;
using ScottPlot;
using SkiaSharp;

namespace NativeTrain.Vision.Plots;

/// <summary>lrfind.png: the loss of a range test over the learning rate, on a logarithmic axis, with the suggested rates marked.</summary>
public static class RatePlot
{
    private const int Width = 1000, Height = 650;
    private static readonly SKColor Faint = new(170, 195, 225), Steep = new(200, 60, 40), Tenth = new(60, 140, 60);

    /// <param name="path">Ends in .png.</param>
    /// <param name="rates">[points] learning rates, rising.</param>
    /// <param name="losses">[points] losses.</param>
    /// <param name="smoothed">[points] their moving average.</param>
    /// <param name="steepest">The rate at which the loss falls fastest, or null.</param>
    /// <param name="tenth">A tenth of the rate of the least loss, or null.</param>
    /// <exception cref="InputException">The file cannot be written.</exception>
    public static void Write(string path, IReadOnlyList<double> rates, IReadOnlyList<double> losses, IReadOnlyList<double> smoothed, double? steepest, double? tenth)
    {
        ArgumentNullException.ThrowIfNull(rates);
        ArgumentNullException.ThrowIfNull(smoothed);
        using Plot plot = PlotPage.New("Learning-rate range test", "learning rate", "loss");
        double[] x = [.. rates.Select(Math.Log10)];
        Line(plot, x, losses, Faint, 1);
        Line(plot, x, smoothed, PlotPage.Accent, 3);
        Mark(plot, steepest, Steep, "falls fastest");
        Mark(plot, tenth, Tenth, "least / 10");

        int first = (int)Math.Floor(x[0]), last = (int)Math.Ceiling(x[^1]);
        int[] decades = [.. Enumerable.Range(first, last - first + 1)];
        plot.Axes.Bottom.SetTicks([.. decades.Select(d => (double)d)], [.. decades.Select(d => $"1e{d}")]);
        // Where it diverges, single losses would press the rest flat.
        double low = smoothed.Min(), high = Math.Max(smoothed[0], 2 * low);
        plot.Axes.SetLimits(x[0], x[^1] > x[0] ? x[^1] : x[0] + 1, low - 0.15 * (high - low), high + 0.25 * (high - low));
        PlotPage.Write(path, Width, Height, canvas => PlotPage.Draw(canvas, plot, SKRectI.Create(12, 12, Width - 24, Height - 24)));
    }

    private static void Line(Plot plot, double[] x, IReadOnlyList<double> y, SKColor colour, float width)
    {
        var line = plot.Add.ScatterLine(PlotPage.Finite(x, y));
        line.Color = PlotPage.Convert(colour);
        line.LineWidth = width;
    }

    private static void Mark(Plot plot, double? rate, SKColor colour, string text)
    {
        if (rate is not { } r) return;
        var line = plot.Add.VerticalLine(Math.Log10(r), 2, PlotPage.Convert(colour));
        line.LegendText = $"{text}: {r:g2}";
        plot.ShowLegend(Alignment.UpperLeft);
    }
}
