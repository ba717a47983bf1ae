using System.Globalization;
using System.Text;

namespace NativeTrain.Training;

/// <summary>A few columns of results.csv over the epochs as an inline SVG; page.js shows the values under the pointer.</summary>
internal sealed class CurveChart
{
    private const double Width = 400, Height = 220, Left = 46, Right = 10, Top = 18, Bottom = 26;

    private readonly RunFiles run;
    private readonly string title;
    private readonly IReadOnlyList<(string Column, string Name)> series;
    private readonly double first, last, low, high, step;

    /// <param name="run">The run.</param>
    /// <param name="title">What the columns measure.</param>
    /// <param name="series">The columns and their names in the legend.</param>
    public CurveChart(RunFiles run, string title, IReadOnlyList<(string Column, string Name)> series)
    {
        this.run = run;
        this.title = title;
        this.series = series;
        first = run.Number(0, "epoch");
        last = Math.Max(run.Number(run.Rows.Count - 1, "epoch"), first + 1);
        double[] values = [.. series.SelectMany(s => Points(s.Column)).Select(p => p.Value).DefaultIfEmpty(0)];
        bool fromZero = series.All(s => RunFiles.IsMetric(s.Column) || s.Column.StartsWith("lr/", StringComparison.Ordinal));
        (low, high, step) = NiceRange(fromZero ? 0 : values.Min(), values.Max());
    }

    public string ToHtml()
    {
        var html = new StringBuilder();
        html.Append($"<figure class=\"card chart\"><figcaption><span>{Html.Text(title)}</span><span class=\"legend\">");
        if (series.Count > 1)
            for (int i = 0; i < series.Count; i++) html.Append($"<span class=\"key s{i + 1}\">{Html.Text(series[i].Name)}</span>");
        html.Append("</span></figcaption>");
        html.Append($"<svg viewBox=\"0 0 {N(Width)} {N(Height)}\" role=\"img\" tabindex=\"0\" aria-label=\"{Html.Text(title)} over the epochs; arrow keys read the values\"");
        html.Append($" data-columns=\"{Html.Text(string.Join("|", series.Select(s => s.Column)))}\" data-names=\"{Html.Text(string.Join("|", series.Select(s => s.Name)))}\"");
        html.Append($" data-x=\"{N(first)} {N(last)} {N(Left)} {N(Width - Right)}\" data-y=\"{Exact(low)} {Exact(high)} {N(Height - Bottom)} {N(Top)}\">");
        Axes(html);
        if (run.Best is { } best && run.Rows.Count > 1) Mark(html, run.Number(best, "epoch"));
        for (int i = 0; i < series.Count; i++) Line(html, i);
        html.Append("<g class=\"cursor\"></g></svg><output class=\"tip\" hidden></output></figure>");
        return html.ToString();
    }

    private void Axes(StringBuilder html)
    {
        for (int i = 0; low + i * step <= high + step / 2; i++)
        {
            double value = low + i * step;
            html.Append($"<line class=\"grid\" x1=\"{N(Left)}\" x2=\"{N(Width - Right)}\" y1=\"{N(Y(value))}\" y2=\"{N(Y(value))}\"/>");
            html.Append($"<text class=\"tick\" x=\"{N(Left - 6)}\" y=\"{N(Y(value) + 4)}\" text-anchor=\"end\">{Label(value)}</text>");
        }
        double epochs = Math.Max(1, NiceStep(last - first, 6));
        for (double e = Math.Ceiling(first / epochs) * epochs; e <= last; e += epochs)
            html.Append($"<text class=\"tick\" x=\"{N(X(e))}\" y=\"{N(Height - 8)}\" text-anchor=\"middle\">{N(e)}</text>");
    }

    private void Mark(StringBuilder html, double epoch)
    {
        bool leftHalf = X(epoch) < Width / 2;
        html.Append($"<line class=\"best\" x1=\"{N(X(epoch))}\" x2=\"{N(X(epoch))}\" y1=\"{N(Top - 6)}\" y2=\"{N(Height - Bottom)}\"/>");
        html.Append($"<text class=\"best\" x=\"{N(X(epoch) + (leftHalf ? 5 : -5))}\" y=\"{N(Top - 6)}\" text-anchor=\"{(leftHalf ? "start" : "end")}\">best</text>");
    }

    /// <summary>A line through the values, broken where there are none; a dot for a value that stands alone.</summary>
    private void Line(StringBuilder html, int i)
    {
        var points = Points(series[i].Column).ToList();
        var path = new StringBuilder();
        for (int p = 0; p < points.Count; p++)
        {
            bool follows = p > 0 && points[p - 1].Row == points[p].Row - 1;
            path.Append(follows ? 'L' : 'M').Append(N(X(points[p].Epoch))).Append(' ').Append(N(Y(points[p].Value)));
            bool alone = !follows && (p + 1 == points.Count || points[p + 1].Row != points[p].Row + 1);
            if (alone) html.Append($"<circle class=\"s{i + 1}\" r=\"3\" cx=\"{N(X(points[p].Epoch))}\" cy=\"{N(Y(points[p].Value))}\"/>");
        }
        html.Append($"<path class=\"line s{i + 1}\" d=\"{path}\"/>");
    }

    /// <summary>The finite values of a column; those of validation only where there was one.</summary>
    private IEnumerable<(int Row, double Epoch, double Value)> Points(string column)
    {
        bool ofValidation = RunFiles.IsMetric(column) || column.StartsWith("val/", StringComparison.Ordinal);
        for (int r = 0; r < run.Rows.Count; r++)
            if (run.Number(r, column) is var v && double.IsFinite(v) && (!ofValidation || run.Validated(r)))
                yield return (r, run.Number(r, "epoch"), v);
    }

    private double X(double epoch) => Left + (epoch - first) / (last - first) * (Width - Right - Left);
    private double Y(double value) => Height - Bottom - (value - low) / (high - low) * (Height - Bottom - Top);

    /// <summary>Bounds that hold the values and are multiples of a step of 1, 2 or 5 times a power of ten.</summary>
    private static (double Low, double High, double Step) NiceRange(double min, double max)
    {
        if (max <= min) max = min + (min == 0 ? 1 : Math.Abs(min) / 10);
        double step = NiceStep(max - min, 5);
        return (Math.Floor(min / step + 1e-9) * step, Math.Ceiling(max / step - 1e-9) * step, step);
    }

    private static double NiceStep(double range, int steps)
    {
        double rough = range / steps, power = Math.Pow(10, Math.Floor(Math.Log10(rough)));
        double factor = rough / power;
        return power * (factor <= 1 ? 1 : factor <= 2 ? 2 : factor <= 5 ? 5 : 10);
    }

    private static string Label(double value) => (Math.Abs(value) < 1e-12 ? 0 : value).ToString("g4", CultureInfo.InvariantCulture);
    private static string Exact(double value) => value.ToString("R", CultureInfo.InvariantCulture);
    private static string N(double value) => value.ToString("0.##", CultureInfo.InvariantCulture);
}
