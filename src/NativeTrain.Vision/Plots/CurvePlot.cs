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
    private const int LegendWidth = 330;
    private const int MostNamedClasses = 20;

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
    /// <exception cref="InputException">The file cannot be written.</exception>
    public static void Write(
        string path, string title, string xLabel, string yLabel,
        IReadOnlyList<double> x, IReadOnlyList<IReadOnlyList<double>> curves, IReadOnlyList<string> names,
        IReadOnlyList<double> mean, string summary, IReadOnlyList<double>? values = null)
    {
        ArgumentNullException.ThrowIfNull(curves);
        using Plot plot = PlotPage.New(title, xLabel, yLabel);
        PlotPage.UnitTicks(plot.Axes.Bottom);
        PlotPage.UnitTicks(plot.Axes.Left);
        plot.Axes.SetLimits(0, 1, 0, 1.02);

        bool named = curves.Count <= MostNamedClasses;
        for (int cls = 0; cls < curves.Count; cls++)
        {
            var line = plot.Add.ScatterLine(Points(x, curves[cls]));
            line.LineWidth = named ? 2 : 1;
            line.Color = named ? PlotPage.Convert(Palette.Of(cls)) : new Color(150, 150, 150, 140);
            if (named) line.LegendText = Entry(ClassNames.Of(names, cls), values is null ? null : values[cls]);
        }

        var average = plot.Add.ScatterLine(Points(x, mean));
        average.LineWidth = 4;
        average.Color = PlotPage.Accent;
        average.LegendText = Entry(summary, null);

        plot.ShowLegend(Edge.Right);
        plot.Legend.FontSize = PlotPage.LabelLetters;
        plot.Legend.OutlineColor = Colors.Transparent;
        plot.Legend.ShadowColor = Colors.Transparent;
        PlotPage.Write(path, Width, Height, canvas => PlotPage.Draw(canvas, plot, SKRectI.Create(8, 8, Width - 16, Height - 16)));
    }

    private static Coordinates[] Points(IReadOnlyList<double> x, IReadOnlyList<double> y) =>
        [.. x.Zip(y, (a, b) => new Coordinates(a, b)).Where(point => double.IsFinite(point.X) && double.IsFinite(point.Y))];

    private static string Entry(string name, double? value)
    {
        using SKFont font = PictureFont.Create(PlotPage.LabelLetters);
        string number = value is { } finite ? $" {finite:0.000}" : "";
        return PictureFont.Fit(font, name, LegendWidth - font.MeasureText(number)) + number;
    }
}
