using NativeTrain.Core;
using ScottPlot;
using SkiaSharp;

namespace NativeTrain.Vision.Plots;

/// <summary>A bar of a <see cref="BarPlot"/>.</summary>
/// <param name="Name">What it is of, beside it.</param>
/// <param name="Value">Its length.</param>
/// <param name="Low">Where its spread begins.</param>
/// <param name="High">Where its spread ends.</param>
/// <param name="Group">Bars of a group have one colour.</param>
public readonly record struct NamedBar(string Name, double Value, double Low, double High, int Group);

/// <summary>Lengths beside names, from the top down, each with its spread and its number.</summary>
public static class BarPlot
{
    private const int Width = 1000, Row = 46, Frame = 130;

    /// <param name="path">Ends in .png.</param>
    /// <param name="title">What was measured where.</param>
    /// <param name="unit">Under the axis of lengths: "seconds a step".</param>
    /// <param name="bars">From the top down.</param>
    /// <exception cref="InputException">The file cannot be written.</exception>
    public static void Write(string path, string title, string unit, IReadOnlyList<NamedBar> bars)
    {
        ArgumentNullException.ThrowIfNull(bars);
        using Plot plot = PlotPage.New(title, unit);
        double longest = bars.Select(b => Math.Max(b.Value, b.High)).DefaultIfEmpty(1).Max();
        for (int i = 0; i < bars.Count; i++)
        {
            var b = bars[i];
            var drawn = plot.Add.Bar(new Bar { Position = -i, Value = b.Value, FillColor = PlotPage.Convert(Palette.Of(b.Group)), Orientation = Orientation.Horizontal, Size = 0.62, LineWidth = 0 });
            drawn.Horizontal = true;
            var spread = plot.Add.Line(b.Low, -i, b.High, -i);
            spread.Color = PlotPage.Convert(PlotPage.Ink);
            spread.LineWidth = 2;
            var number = plot.Add.Text(b.Value.ToString("0.000"), Math.Max(b.Value, b.High) + 0.01 * longest, -i);
            number.LabelFontSize = PlotPage.TickLetters;
            number.LabelFontColor = PlotPage.Convert(PlotPage.Ink);
            number.LabelAlignment = Alignment.MiddleLeft;
        }
        plot.Axes.Left.SetTicks([.. bars.Select((_, i) => (double)-i)], [.. bars.Select(b => b.Name)]);
        plot.HideGrid();
        plot.Axes.SetLimits(0, 1.12 * longest, -bars.Count + 0.4, 0.6);
        int height = Frame + Row * bars.Count;
        PlotPage.Write(path, Width, height, canvas => PlotPage.Draw(canvas, plot, SKRectI.Create(12, 12, Width - 24, height - 24)));
    }
}
