using NativeTrain.Core;
using SkiaSharp;

namespace NativeTrain.Vision.Plots;

/// <summary>confusion_matrix.png and confusion_matrix_normalized.png: what was predicted (rows) for what was true (columns).</summary>
public static class ConfusionPlot
{
    private const float Margin = 24;
    private const float TitleLetters = 20;
    private const float AxisLetters = 17;
    private const float LongestName = 170;
    private const float BarWidth = 22;
    private const float BarGap = 28;
    private const float BarLabels = 48;

    /// <param name="path">Ends in .png.</param>
    /// <param name="counts">Row predicted, column true: [classes + 1, classes + 1], the last of both background, or [classes, classes]. Values that are not finite count as 0.</param>
    /// <param name="names">[classes] names.</param>
    /// <param name="normalize">Divide each column by its sum: the share of a true class that went to each prediction.</param>
    /// <param name="background">Whether the last row and column are background (detections; false: whole pictures).</param>
    /// <exception cref="InputException">The file cannot be written.</exception>
    public static void Write(string path, float[,] counts, IReadOnlyList<string> names, bool normalize, bool background = true)
    {
        ArgumentNullException.ThrowIfNull(counts);
        ArgumentNullException.ThrowIfNull(names);
        int size = counts.GetLength(0);
        if (size != counts.GetLength(1)) throw new ArgumentException("A confusion matrix is square.", nameof(counts));

        double[,] values = Values(counts, normalize);
        double largest = normalize ? 1 : Math.Max(values.Cast<double>().DefaultIfEmpty().Max(), 1);

        // Few classes get large cells, many get small ones, so that the matrix is about 900 pixels wide.
        float cell = Math.Clamp(MathF.Floor(900f / size), 15, 150);
        float letters = Math.Clamp(cell * 0.75f, 11, 15);
        using SKFont font = PictureFont.Create(letters);
        string[] labels = [.. Enumerable.Range(0, size).Select(i => PictureFont.Fit(font, background && i == size - 1 ? "background" : ClassNames.Of(names, i), LongestName))];
        float widest = labels.Max(label => font.MeasureText(label));
        bool upright = widest + 6 > cell;

        float left = Margin + AxisLetters + 16 + widest + 10;
        float top = Margin + TitleLetters + 20;
        float matrix = cell * size;
        int width = (int)MathF.Ceiling(left + matrix + BarGap + BarWidth + BarLabels + Margin);
        int height = (int)MathF.Ceiling(top + matrix + 10 + (upright ? widest : letters) + 16 + AxisLetters + Margin);

        PlotPage.Write(path, width, height, canvas =>
        {
            canvas.Translate(left, top);
            DrawCells(canvas, values, largest, cell, normalize);
            DrawNames(canvas, labels, font, cell, upright);
            DrawTitles(canvas, matrix, left, height - top, normalize);
            DrawBar(canvas, matrix, largest, normalize);
        });
    }

    private static double[,] Values(float[,] counts, bool normalize)
    {
        int size = counts.GetLength(0);
        var values = new double[size, size];
        for (int column = 0; column < size; column++)
        {
            double sum = 0;
            for (int row = 0; row < size; row++)
            {
                values[row, column] = float.IsFinite(counts[row, column]) ? counts[row, column] : 0;
                sum += values[row, column];
            }
            for (int row = 0; normalize && sum > 0 && row < size; row++)
                values[row, column] /= sum;
        }
        return values;
    }

    private static void DrawCells(SKCanvas canvas, double[,] values, double largest, float cell, bool normalize)
    {
        int size = values.GetLength(0);
        using var fill = new SKPaint();
        using var ink = new SKPaint { IsAntialias = true };
        for (int row = 0; row < size; row++)
            for (int column = 0; column < size; column++)
            {
                SKColor colour = BlueScale.At(values[row, column] / largest);
                fill.Color = colour;
                canvas.DrawRect(SKRect.Create(column * cell, row * cell, cell, cell), fill);
                ink.Color = Palette.TextOn(colour);
                DrawNumber(canvas, Number(values[row, column], normalize), (column + 0.5f) * cell, (row + 0.5f) * cell, cell, ink);
            }

        using var frame = new SKPaint { Color = PlotPage.Ink, Style = SKPaintStyle.Stroke, StrokeWidth = 1 };
        canvas.DrawRect(SKRect.Create(-0.5f, -0.5f, size * cell + 1, size * cell + 1), frame);
        using var grid = new SKPaint { Color = new SKColor(128, 128, 128, 40), StrokeWidth = 1 };
        for (int i = 1; i < size; i++)
        {
            canvas.DrawLine(i * cell, 0, i * cell, size * cell, grid);
            canvas.DrawLine(0, i * cell, size * cell, i * cell, grid);
        }
    }

    /// <summary>An empty cell says nothing; a full one gives its count, or its share to two places.</summary>
    private static string Number(double value, bool normalize) =>
        normalize ? (value < 0.005 ? "" : value.ToString("0.00")) : (value < 0.5 ? "" : value.ToString("0"));

    private static void DrawNumber(SKCanvas canvas, string text, float x, float y, float cell, SKPaint ink)
    {
        const float largest = 20, smallest = 9;
        if (text.Length == 0) return;
        using SKFont font = PictureFont.Create(largest);
        float fitting = largest * (cell - 6) / font.MeasureText(text);
        font.Size = Math.Min(Math.Min(fitting, cell * 0.4f), largest);
        if (font.Size < smallest) return; // the colour must do
        canvas.DrawText(text, x, Baseline(font, y), SKTextAlign.Center, font, ink);
    }

    private static void DrawNames(SKCanvas canvas, string[] labels, SKFont font, float cell, bool upright)
    {
        using var ink = new SKPaint { IsAntialias = true, Color = PlotPage.Ink };
        float matrix = cell * labels.Length;
        for (int i = 0; i < labels.Length; i++)
        {
            float middle = (i + 0.5f) * cell;
            canvas.DrawText(labels[i], -10, Baseline(font, middle), SKTextAlign.Right, font, ink);
            if (!upright)
            {
                canvas.DrawText(labels[i], middle, matrix + 10 + font.Size, SKTextAlign.Center, font, ink);
                continue;
            }
            canvas.Save();
            canvas.Translate(middle, matrix + 10);
            canvas.RotateDegrees(-90);
            canvas.DrawText(labels[i], 0, Baseline(font, 0), SKTextAlign.Right, font, ink);
            canvas.Restore();
        }
    }

    private static void DrawTitles(SKCanvas canvas, float matrix, float left, float bottom, bool normalize)
    {
        using var ink = new SKPaint { IsAntialias = true, Color = PlotPage.Ink };
        using SKFont title = PictureFont.Create(TitleLetters), axis = PictureFont.Create(AxisLetters);
        canvas.DrawText(normalize ? "Confusion matrix, share of each true class" : "Confusion matrix", matrix / 2, -20, SKTextAlign.Center, title, ink);
        canvas.DrawText("true", matrix / 2, bottom - Margin, SKTextAlign.Center, axis, ink);
        canvas.Save();
        canvas.Translate(-left + Margin + AxisLetters, matrix / 2);
        canvas.RotateDegrees(-90);
        canvas.DrawText("predicted", 0, 0, SKTextAlign.Center, axis, ink);
        canvas.Restore();
    }

    private static void DrawBar(SKCanvas canvas, float matrix, double largest, bool normalize)
    {
        float x = matrix + BarGap;
        using var paint = new SKPaint { StrokeWidth = 1 };
        for (int y = 0; y < (int)matrix; y++)
        {
            paint.Color = BlueScale.At(1 - (y + 0.5) / matrix);
            canvas.DrawRect(SKRect.Create(x, y, BarWidth, 1), paint);
        }
        using var ink = new SKPaint { IsAntialias = true, Color = PlotPage.Ink };
        using SKFont font = PictureFont.Create(13);
        for (int i = 0; i <= 4; i++)
        {
            string text = normalize ? (i / 4.0).ToString("0.00") : Math.Round(largest * i / 4).ToString("0");
            canvas.DrawText(text, x + BarWidth + 8, Baseline(font, matrix * (4 - i) / 4), font, ink);
        }
        paint.Style = SKPaintStyle.Stroke;
        paint.Color = PlotPage.Ink;
        canvas.DrawRect(SKRect.Create(x - 0.5f, -0.5f, BarWidth + 1, matrix + 1), paint);
    }

    /// <summary>The baseline on which capitals stand centred about <paramref name="middle"/>.</summary>
    private static float Baseline(SKFont font, float middle) => middle + font.Metrics.CapHeight / 2;
}
