using System.Text;

namespace NativeTrain.Training;

/// <summary>The page's beginning: what was trained, what came of it, and the command that does it again.</summary>
internal static class PageSummary
{
    /// <summary>One line: task, model, data set.</summary>
    public static string Lead(RunFiles run)
    {
        string[] parts = [.. new[] { run.Argument("task"), run.Argument("model"), run.Argument("data") }.OfType<string>().Where(v => v != "null").Select(Html.Text)];
        return $"<p class=\"lead\">{string.Join(" <span aria-hidden=\"true\">·</span> ", parts)}</p>";
    }

    /// <summary>The figures of the best epoch, as they stand in results.csv.</summary>
    public static string Tiles(RunFiles run)
    {
        if (run.Best is not { } best) return "";
        var html = new StringBuilder($"<h2 class=\"quiet\">Best epoch: {Html.Text(run.Rows[best][run.Index("epoch")])}</h2>\n<dl class=\"tiles\">");
        bool kinds = run.Metrics.Select(ResultsPage.Kind).Distinct().Count() > 1;
        foreach (string metric in run.Metrics.OrderByDescending(Weight))
            html.Append($"<div class=\"card tile\"><dt>{Html.Text(ResultsPage.SeriesName(metric) + (kinds ? ResultsPage.Kind(metric) : ""))}</dt><dd>{Html.Text(run.Rows[best][run.Index(metric)])}</dd></div>");
        return html.Append("</dl>\n").ToString();
    }

    /// <summary>Size, length and command of the run.</summary>
    public static string Facts(RunFiles run)
    {
        var facts = new List<(string, string)>();
        if (run.Rows.Count > 0)
        {
            string? asked = run.Argument("epochs");
            facts.Add(("Epochs", asked is null || asked == $"{run.Rows.Count}" ? $"{run.Rows.Count}" : $"{run.Rows.Count} of {asked}"));
            if (run.Number(run.Rows.Count - 1, "time") is var seconds && double.IsFinite(seconds)) facts.Add(("Time", Duration(seconds)));
        }
        foreach (var (name, title) in new[] { ("imgsz", "Image size"), ("batch", "Batch"), ("optimizer", "Optimizer"), ("amp", "Mixed precision"), ("seed", "Seed") })
            if (run.Argument(name) is { } value) facts.Add((title, value));
        var html = new StringBuilder("<dl class=\"facts\">");
        foreach (var (title, value) in facts) html.Append($"<div><dt>{title}</dt><dd>{Html.Text(value)}</dd></div>");
        html.Append("</dl>\n");
        if (run.Arguments.Count > 0)
            html.Append($"<div class=\"command\"><h2 class=\"quiet\" id=\"repeat\">To run it again</h2><pre tabindex=\"0\" aria-labelledby=\"repeat\"><code>{Html.Text(RepeatCommand.Of(run))}</code></pre></div>\n");
        return html.ToString();
    }

    /// <summary>What matters most stands first.</summary>
    private static int Weight(string metric) =>
        metric.Contains("mAP50-95", StringComparison.Ordinal) || metric.Contains("top1", StringComparison.Ordinal) ? 2 : metric.Contains("mAP50", StringComparison.Ordinal) ? 1 : 0;

    private static string Duration(double seconds)
    {
        var t = TimeSpan.FromSeconds(Math.Round(seconds));
        return t.TotalHours >= 1 ? $"{(int)t.TotalHours} h {t.Minutes} min" : t.TotalMinutes >= 1 ? $"{t.Minutes} min {t.Seconds} s" : $"{t.Seconds} s";
    }
}
