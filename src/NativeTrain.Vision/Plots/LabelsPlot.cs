using NativeTrain.Core;
using ScottPlot;
using ScottPlot.TickGenerators;
using SkiaSharp;

namespace NativeTrain.Vision.Plots;

/// <summary>
/// labels.png, the training labels at a glance: how many of each class, the boxes' shapes about a common
/// centre, where their centres lie in the picture, and their widths and heights.
/// </summary>
public static class LabelsPlot
{
    private const int Width = 1440;
    private const int HistogramHeight = 460;
    private const int PanelSize = 460;
    private const int Margin = 12;
    private const int MostBoxes = 500;
    private const int Bins = 50;
    private static readonly double[] AxisLimits = [0.1, 0.25, 0.5, 1]; // round fifths

    /// <param name="path">Ends in .png.</param>
    /// <param name="rows">The labels: class, then centre, width and height as shares of the picture, 0…1. Rows that are not finite are left out.</param>
    /// <param name="names">Class names.</param>
    /// <exception cref="InputException">The file cannot be written.</exception>
    public static void Write(
        string path, IEnumerable<(int Class, float X, float Y, float Width, float Height)> rows, IReadOnlyList<string> names)
    {
        ArgumentNullException.ThrowIfNull(rows);
        ArgumentNullException.ThrowIfNull(names);
        var boxes = rows.Where(box => float.IsFinite(box.X + box.Y + box.Width + box.Height)).ToList();

        using Plot classes = ClassHistogram(boxes.Select(box => box.Class), names);
        using Plot shapes = Shapes(boxes);
        using Plot centres = Centres(boxes);
        using Plot sizes = Sizes(boxes);
        PlotPage.Write(path, Width, HistogramHeight + PanelSize + 2 * Margin, canvas =>
        {
            PlotPage.Draw(canvas, classes, SKRectI.Create(Margin, Margin, Width - 2 * Margin, HistogramHeight));
            Plot[] panels = [shapes, centres, sizes];
            int panelWidth = (Width - 2 * Margin) / panels.Length;
            for (int i = 0; i < panels.Length; i++)
                PlotPage.Draw(canvas, panels[i], SKRectI.Create(Margin + i * panelWidth, Margin + HistogramHeight, panelWidth, PanelSize));
        });
    }

    private static Plot ClassHistogram(IEnumerable<int> classes, IReadOnlyList<string> names)
    {
        var counts = new int[names.Count];
        foreach (int cls in classes)
            if (cls >= 0 && cls < counts.Length) counts[cls]++;

        Plot plot = PlotPage.New("boxes of each class");
        var bars = plot.Add.Bars(counts.Select((count, cls) => new Bar
        {
            Position = cls,
            Value = count,
            Size = 0.8,
            FillColor = PlotPage.Convert(Palette.Of(cls)),
            LineWidth = 0,
            Label = counts.Length <= 40 ? count.ToString() : "",
        }).ToList());
        bars.ValueLabelStyle.FontSize = PlotPage.TickLetters;
        plot.Axes.SetLimits(-0.75, Math.Max(names.Count, 1) - 0.25, 0, Math.Max(counts.DefaultIfEmpty().Max(), 1) * 1.1);
        plot.Axes.Left.TickGenerator = new NumericAutomatic { IntegerTicksOnly = true, LabelFormatter = count => count.ToString("0") };
        plot.Axes.Left.MinimumSize = 64;
        plot.Grid.XAxisStyle.IsVisible = false;
        NameTicks(plot, names);
        return plot;
    }

    /// <summary>Class names under the bars: level where they fit, else upright, and not every one where even that is too dense.</summary>
    private static void NameTicks(Plot plot, IReadOnlyList<string> names)
    {
        const int usable = Width - 140;
        const float longest = 150;
        float letters = names.Count <= 60 ? PlotPage.TickLetters : 11;
        using SKFont font = PictureFont.Create(letters);

        int every = Math.Max((int)Math.Ceiling(names.Count * (letters + 3) / usable), 1);
        var shown = Enumerable.Range(0, names.Count).Where(cls => cls % every == 0).ToArray();
        var texts = shown.Select(cls => PictureFont.Fit(font, ClassNames.Of(names, cls), longest)).ToArray();
        plot.Axes.Bottom.SetTicks([.. shown.Select(cls => (double)cls)], texts);
        plot.Axes.Bottom.MajorTickStyle.Color = Colors.Transparent; // its length keeps names off the axis
        plot.Axes.Bottom.TickLabelStyle.FontSize = letters;

        float widest = texts.Select(text => font.MeasureText(text)).DefaultIfEmpty().Max();
        if (widest + 8 < (float)usable / Math.Max(names.Count, 1)) return;
        plot.Axes.Bottom.TickLabelStyle.Rotation = -90;
        plot.Axes.Bottom.TickLabelStyle.Alignment = Alignment.MiddleRight;
        plot.Axes.Bottom.MinimumSize = widest + 16;
    }

    private static Plot Shapes(List<(int Class, float X, float Y, float Width, float Height)> boxes)
    {
        Plot plot = Square("shapes about a common centre", "width", "height", 1);
        int every = Math.Max((boxes.Count + MostBoxes - 1) / MostBoxes, 1);
        for (int i = 0; i < boxes.Count; i += every)
        {
            double halfWidth = boxes[i].Width / 2, halfHeight = boxes[i].Height / 2;
            var outline = plot.Add.Rectangle(0.5 - halfWidth, 0.5 + halfWidth, 0.5 - halfHeight, 0.5 + halfHeight);
            outline.FillColor = Colors.Transparent;
            outline.LineColor = PlotPage.Convert(Palette.Of(boxes[i].Class)).WithAlpha(0.35);
            outline.LineWidth = 1;
        }
        return plot;
    }

    private static Plot Centres(List<(int Class, float X, float Y, float Width, float Height)> boxes)
    {
        Plot plot = Square("centres in the picture", "x", "y", 1);
        AddHeat(plot, boxes.Select(box => ((double)box.X, 1.0 - box.Y)), 1);
        PlotPage.FiveTicks(plot.Axes.Left, 1, downwards: true);
        return plot;
    }

    private static Plot Sizes(List<(int Class, float X, float Y, float Width, float Height)> boxes)
    {
        double largest = boxes.Select(box => Math.Max(box.Width, box.Height)).DefaultIfEmpty(1).Max();
        double limit = AxisLimits.FirstOrDefault(limit => limit >= largest, 1);
        Plot plot = Square("sizes", "width", "height", limit);
        AddHeat(plot, boxes.Select(box => ((double)box.Width, (double)box.Height)), limit);
        return plot;
    }

    private static Plot Square(string title, string xLabel, string yLabel, double limit)
    {
        Plot plot = PlotPage.New(title, xLabel, yLabel);
        PlotPage.FiveTicks(plot.Axes.Bottom, limit);
        PlotPage.FiveTicks(plot.Axes.Left, limit);
        plot.Axes.Left.MinimumSize = 64; // the same for all panels, so that they stand in line
        plot.Axes.SetLimits(0, limit, 0, limit);
        return plot;
    }

    /// <summary>Counts points in 50×50 cells of 0…limit and shows the counts in blue; the square root lets sparse cells be seen.</summary>
    private static void AddHeat(Plot plot, IEnumerable<(double X, double Y)> points, double limit)
    {
        var counts = new double[Bins, Bins]; // row 0 is the plot's top
        foreach (var (x, y) in points)
            counts[Bins - 1 - Bin(y), Bin(x)]++;
        for (int row = 0; row < Bins; row++)
            for (int column = 0; column < Bins; column++)
                counts[row, column] = Math.Sqrt(counts[row, column]);

        var heat = plot.Add.Heatmap(counts);
        heat.Colormap = new BlueColormap();
        heat.Rectangle = new CoordinateRect(0, limit, 0, limit);

        int Bin(double value) => (int)Math.Clamp(value / limit * Bins, 0, Bins - 1);
    }

    private sealed class BlueColormap : IColormap
    {
        public string Name => "blue";
        public Color GetColor(double position) => PlotPage.Convert(BlueScale.At(position));
    }
}
