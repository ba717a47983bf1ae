using NativeTrain.Core;
using ScottPlot;
using SkiaSharp;

namespace NativeTrain.Vision.Plots;

/// <summary>
/// A curve for every class and one for their mean, both axes 0…1: PR_curve.png (precision over recall),
/// P_curve.png, R_curve.png and F1_curve.png (over confidence).
/// </summary>
public static class CurvePlot
{
    private const int Width = 1350;
    private const int Height = 900;
    private const int Margin = 16;
    private const int LegendWidth = 340;
    private const int LegendSample = 28;
    private const int MostNamedClasses = 20;
    private static readonly SKColor Crowd = new(150, 150, 150);

    /// <param name="path">Ends in .png.</param>
    /// <param name="title">What is shown, over the plot.</param>
    /// <param name="xLabel">Name of the horizontal axis.</param>
    /// <param name="yLabel">Name of the vertical axis.</param>
    /// <param name="x">[points] positions, increasing, 0…1.</param>
    /// <param name="curves">[classes][points] values 0…1. Points that are not finite are left out.</param>
    /// <param name="names">[classes] names for the legend; with more than 20 classes the curves are grey and unnamed.</param>
    /// <param name="mean">[points] the mean over the classes.</param>
    /// <param name="summary">The mean's entry in the legend, such as "all classes 0.806 mAP50".</param>
    /// <param name="values">[classes] a number behind each name (an average precision); null for none.</param>
    /// <param name="classes">[classes] class indices, which give the colours; null for 0, 1, 2, …</param>
    /// <exception cref="InputException">The file cannot be written.</exception>
    public static void Write(
        string path, string title, string xLabel, string yLabel,
        IReadOnlyList<double> x, IReadOnlyList<IReadOnlyList<double>> curves, IReadOnlyList<string> names,
        IReadOnlyList<double> mean, string summary, IReadOnlyList<double>? values = null, IReadOnlyList<int>? classes = null)
    {
        ArgumentNullException.ThrowIfNull(curves);
        using Plot plot = PlotPage.New(title, xLabel, yLabel);
        PlotPage.FiveTicks(plot.Axes.Bottom, 1);
        PlotPage.FiveTicks(plot.Axes.Left, 1);
        plot.Axes.SetLimits(0, 1, 0, 1.02);

        bool named = curves.Count <= MostNamedClasses;
        List<(string Text, SKColor Colour, float Line)> legend = [(summary, PlotPage.Accent, 4)];
        for (int i = 0; i < curves.Count; i++)
        {
            SKColor colour = named ? Palette.Of(classes?[i] ?? i) : Crowd.WithAlpha(140);
            AddLine(plot, x, curves[i], colour, named ? 2 : 1);
            if (named) legend.Add((Entry(ClassNames.Of(names, i), values?[i]), colour, 2));
        }
        if (!named) legend.Add(($"each of {curves.Count} classes", Crowd, 1));
        AddLine(plot, x, mean, PlotPage.Accent, 4);

        PlotPage.Write(path, Width, Height, canvas =>
        {
            PlotPage.Draw(canvas, plot, SKRectI.Create(Margin, Margin, Width - LegendWidth - 2 * Margin, Height - 2 * Margin));
            DrawLegend(canvas, legend);
        });
    }

    private static void AddLine(Plot plot, IReadOnlyList<double> x, IReadOnlyList<double> y, SKColor colour, float width)
    {
        var line = plot.Add.ScatterLine(PlotPage.Finite(x, y));
        line.Color = PlotPage.Convert(colour);
        line.LineWidth = width;
    }

    private static string Entry(string name, double? value)
    {
        using SKFont font = PictureFont.Create(PlotPage.LabelLetters);
        string number = value is { } known ? $" {known:0.000}" : "";
        return PictureFont.Fit(font, name, LegendWidth - LegendSample - 12 - font.MeasureText(number)) + number;
    }

    private static void DrawLegend(SKCanvas canvas, IReadOnlyList<(string Text, SKColor Colour, float Line)> entries)
    {
        const float left = Width - LegendWidth - Margin, top = 68, step = 26;
        using SKFont font = PictureFont.Create(PlotPage.LabelLetters);
        using var paint = new SKPaint { IsAntialias = true };
        for (int i = 0; i < entries.Count; i++)
        {
            float middle = top + i * step;
            paint.Color = entries[i].Colour;
            paint.StrokeWidth = entries[i].Line;
            canvas.DrawLine(left, middle, left + LegendSample, middle, paint);
            paint.Color = PlotPage.Ink;
            string text = PictureFont.Fit(font, entries[i].Text, LegendWidth - LegendSample - 10);
            canvas.DrawText(text, left + LegendSample + 10, middle + font.Metrics.CapHeight / 2, font, paint);
        }
    }
}
