using NativeTrain.Core;
using ScottPlot;
using SkiaSharp;

namespace NativeTrain.Vision.Plots;

/// <summary>What all plots share: one look, and a page on which several of them are drawn and written as one picture.</summary>
internal static class PlotPage
{
    public const float TitleLetters = 17;
    public const float LabelLetters = 15;
    public const float TickLetters = 13;

    public static readonly SKColor Ink = new(40, 40, 40);
    public static readonly SKColor Grid = new(228, 228, 228);
    public static readonly SKColor Accent = new(31, 99, 181);

    static PlotPage()
    {
        Fonts.FontResolvers.Insert(0, new EmbeddedFontResolver());
        Fonts.Default = PictureFont.Family;
    }

    /// <summary>An empty plot in the common style. The caller disposes it.</summary>
    public static Plot New(string title, string xLabel = "", string yLabel = "")
    {
        var plot = new Plot();
        plot.Font.Set(PictureFont.Family);
        plot.FigureBackground.Color = Colors.White;
        plot.DataBackground.Color = Colors.White;
        plot.Axes.Color(Convert(Ink));
        plot.Grid.MajorLineColor = Convert(Grid);

        plot.Title(title, TitleLetters);
        plot.Axes.Title.Label.Bold = false;
        plot.XLabel(xLabel, LabelLetters);
        plot.YLabel(yLabel, LabelLetters);
        foreach (IAxis axis in plot.Axes.GetAxes())
        {
            axis.Label.Bold = false;
            axis.TickLabelStyle.FontSize = TickLetters;
            axis.FrameLineStyle.Color = Convert(Ink);
        }
        plot.Axes.Right.MinimumSize = 24; // room for half of the last tick's number
        return plot;
    }

    /// <summary>Gives an axis of 0…limit a tick at every fifth, numbered from the other end where it points downwards.</summary>
    public static void FiveTicks(IAxis axis, double limit, bool downwards = false)
    {
        double[] positions = [.. Enumerable.Range(0, 6).Select(i => limit * i / 5)];
        string format = limit == 1 ? "0.0" : "0.00";
        axis.SetTicks(positions, [.. positions.Select(position => (downwards ? limit - position : position).ToString(format))]);
    }

    public static Color Convert(SKColor colour) => new(colour.Red, colour.Green, colour.Blue, colour.Alpha);

    /// <summary>The points of a line, without those that are not finite.</summary>
    public static Coordinates[] Finite(IReadOnlyList<double> x, IReadOnlyList<double> y) =>
        [.. x.Zip(y, (a, b) => new Coordinates(a, b)).Where(point => double.IsFinite(point.X) && double.IsFinite(point.Y))];

    /// <summary>Draws a plot into a rectangle of the page.</summary>
    public static void Draw(SKCanvas canvas, Plot plot, SKRectI area)
    {
        canvas.Save();
        canvas.Translate(area.Left, area.Top);
        canvas.ClipRect(SKRect.Create(area.Width, area.Height));
        plot.Render(canvas, area.Width, area.Height);
        canvas.Restore();
    }

    /// <summary>Writes a page, white where nothing is drawn.</summary>
    /// <exception cref="InputException">The file cannot be written.</exception>
    public static void Write(string path, int width, int height, Action<SKCanvas> draw)
    {
        using SKBitmap bitmap = SkiaPicture.NewBitmap(width, height, SKColors.White);
        using (var canvas = new SKCanvas(bitmap)) draw(canvas);
        PictureFile.Write(path, bitmap);
    }

    /// <summary>Gives ScottPlot the library's own font, whatever the machine has.</summary>
    private sealed class EmbeddedFontResolver : IFontResolver
    {
        public SKTypeface? CreateTypeface(string fontName, FontWeight weight, FontSlant slant, FontSpacing spacing) =>
            fontName == PictureFont.Family ? PictureFont.Typeface : null;

        public SKTypeface? CreateTypeface(string fontName, bool bold, bool italic) =>
            fontName == PictureFont.Family ? PictureFont.Typeface : null;
    }
}
