using System.Text;
using NativeTrain.Core;

namespace NativeTrain.Training;

/// <summary>
/// results.html: one page that tells what a training was and what came of it, made of the files in its folder alone. Curves are
/// drawn in the page, pictures stand in it as data, and nothing is loaded from anywhere.
/// </summary>
public static class ResultsPage
{
    /// <summary>Writes the page into the folder; returns its path.</summary>
    /// <param name="folder">A training's folder: results.csv must be in it; args.yaml, metrics.json and pictures may be.</param>
    /// <exception cref="InputException">The folder is none of a training, a file in it is malformed, or the page cannot be written.</exception>
    public static string Write(string folder)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        var run = RunFiles.Read(folder);
        string path = Path.Combine(folder, "results.html");
        AtomicFile.WriteText(path, Page(run, Path.GetFileName(Path.GetFullPath(folder).TrimEnd(Path.DirectorySeparatorChar))));
        return path;
    }

    private static string Page(RunFiles run, string name)
    {
        (string Id, string Title, string Content)[] sections =
        [
            ("curves", "Curves", Curves(run)),
            ("classes", "Classes", PageTables.Classes(run)),
            ("pictures", "Pictures", PagePictures.All(run.Folder)),
            ("epochs", "Epochs", PageTables.Epochs(run)),
            ("arguments", "Arguments", PageTables.Arguments(run)),
        ];
        sections = [.. sections.Where(s => s.Content.Length > 0)];
        var html = new StringBuilder();
        html.Append("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n");
        html.Append($"<meta name=\"color-scheme\" content=\"light dark\">\n<title>{Html.Text(name)} - NativeTrain</title>\n<style>\n{EmbeddedText.Read("page.css")}</style>\n</head>\n<body>\n");
        html.Append("<a class=\"skip\" href=\"#main\">To the results</a>\n");
        html.Append($"<header><div class=\"wrap\"><p class=\"brand\">NativeTrain</p><h1>{Html.Text(name)}</h1>{PageSummary.Lead(run)}");
        html.Append("<nav aria-label=\"Sections\">").AppendJoin("", sections.Select(s => $"<a href=\"#{s.Id}\">{s.Title}</a>"));
        html.Append("</nav></div></header>\n<main id=\"main\" class=\"wrap\">\n").Append(PageSummary.Tiles(run)).Append(PageSummary.Facts(run));
        foreach (var (id, title, content) in sections) html.Append($"<section id=\"{id}\"><h2>{title}</h2>\n{content}</section>\n");
        html.Append("</main>\n<dialog id=\"large\" aria-label=\"Picture\"><form method=\"dialog\"><button>Close</button></form><img alt=\"\"></dialog>\n");
        html.Append($"<script type=\"application/json\" id=\"results\">{PageTables.Json(run)}</script>\n<script>\n{EmbeddedText.Read("page.js")}</script>\n</body>\n</html>\n");
        return html.ToString();
    }

    /// <summary>A chart for each loss (training and validation), for what validation measures, for the learning rates, and for any other column.</summary>
    private static string Curves(RunFiles run)
    {
        if (run.Rows.Count == 0) return "";
        var charts = run.Columns.Where(c => c is not ("epoch" or "time")).GroupBy(Topic).Select(g => new CurveChart(run, g.Key, Series(run, g)).ToHtml());
        return $"<p class=\"note\">The dashed line marks the best epoch. Point at a chart, or focus it and use the arrow keys, to read the values.</p>\n<div class=\"charts\">{string.Concat(charts)}</div>\n";
    }

    /// <summary>A chart's lines; columns that are equal, cell by cell, share one.</summary>
    private static (string Column, string Name)[] Series(RunFiles run, IEnumerable<string> columns) =>
    [
        .. columns.GroupBy(c => string.Join(',', run.Rows.Select(r => r[run.Index(c)]))).Select(g => (g.First(), string.Join(", ", g.Select(SeriesName)))),
    ];

    /// <summary>The chart that a column belongs to.</summary>
    private static string Topic(string column) => column.Split('/', 2) switch
    {
        ["train" or "val", var loss] => loss.Replace("_", " ", StringComparison.Ordinal),
        ["metrics", var m] when m.StartsWith("mAP", StringComparison.Ordinal) => "mAP" + Kind(m),
        ["metrics", var m] when m.StartsWith("precision", StringComparison.Ordinal) || m.StartsWith("recall", StringComparison.Ordinal) => "precision and recall" + Kind(m),
        ["metrics", var m] when m.StartsWith("accuracy", StringComparison.Ordinal) => "accuracy",
        ["lr", _] => "learning rate",
        _ => column,
    };

    /// <summary>What a figure is of: boxes, (B), or masks, (M).</summary>
    internal static string Kind(string metric) =>
        metric.EndsWith("(B)", StringComparison.Ordinal) ? " of boxes" : metric.EndsWith("(M)", StringComparison.Ordinal) ? " of masks" : "";

    /// <summary>A column's name in a legend.</summary>
    internal static string SeriesName(string column) => column.Split('/', 2) switch
    {
        ["train", _] => "training",
        ["val", _] => "validation",
        ["metrics", var m] => m.Replace("(B)", "", StringComparison.Ordinal).Replace("(M)", "", StringComparison.Ordinal).Replace("accuracy_top", "top-", StringComparison.Ordinal),
        ["lr", "pg0"] => "biases",
        ["lr", "pg1"] => "weights",
        ["lr", "pg2"] => "norms",
        _ => column,
    };
}
