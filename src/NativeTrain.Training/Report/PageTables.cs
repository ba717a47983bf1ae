using System.Globalization;
using System.Text;
using System.Text.Json;

namespace NativeTrain.Training;

/// <summary>The tables of the page, and the numbers that its charts read out.</summary>
internal static class PageTables
{
    /// <summary>The figures of each class; a bar shows a share of 1.</summary>
    public static string Classes(RunFiles run)
    {
        var html = new StringBuilder();
        foreach (var table in run.Classes)
        {
            if (table.Title.Length > 0) html.Append($"<h3>{Html.Text(table.Title)}</h3>\n");
            html.Append("<div class=\"scroll card\" tabindex=\"0\" role=\"region\" aria-label=\"Figures of each class\"><table class=\"sortable\"><thead><tr><th scope=\"col\">class</th>");
            foreach (string column in table.Columns) html.Append($"<th scope=\"col\" class=\"n\">{Html.Text(column.Replace("50_95", "50-95", StringComparison.Ordinal))}</th>");
            html.Append("</tr></thead><tbody>\n");
            foreach (var (name, values) in table.Rows)
            {
                html.Append($"<tr><th scope=\"row\">{Html.Text(name)}</th>");
                foreach (var (column, value) in table.Columns.Zip(values)) html.Append(Figure(column, value));
                html.Append("</tr>\n");
            }
            html.Append("</tbody></table></div>\n");
        }
        return html.ToString();
    }

    /// <summary>results.csv as it is.</summary>
    public static string Epochs(RunFiles run)
    {
        if (run.Rows.Count == 0) return "";
        var html = new StringBuilder("<details class=\"card\"><summary>All numbers of results.csv</summary><div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"Numbers of each epoch\"><table><thead><tr>");
        foreach (string column in run.Columns) html.Append($"<th scope=\"col\" class=\"n\">{Html.Text(column)}</th>");
        html.Append("</tr></thead><tbody>\n");
        int? best = run.Best;
        for (int r = 0; r < run.Rows.Count; r++)
        {
            html.Append(r == best ? "<tr class=\"is-best\">" : "<tr>");
            foreach (string cell in run.Rows[r]) html.Append($"<td class=\"n\">{Html.Text(cell)}</td>");
            html.Append("</tr>\n");
        }
        return html.Append("</tbody></table></div></details>\n").ToString();
    }

    /// <summary>Every option with its value.</summary>
    public static string Arguments(RunFiles run)
    {
        if (run.Arguments.Count == 0) return "";
        var html = new StringBuilder("<details class=\"card\"><summary>All options of the run</summary><dl class=\"arguments\">");
        foreach (var (name, value) in run.Arguments)
        {
            bool usual = OptionTable.Find(name) is { } option && value == (option.Default ?? "null");
            html.Append($"<div{(usual ? "" : " class=\"given\"")}><dt>{Html.Text(name)}</dt><dd>{Html.Text(value)}</dd></div>");
        }
        return html.Append("</dl><p class=\"note\">Bold: not the default.</p></details>\n").ToString();
    }

    /// <summary>{column: [cell, …]}: what the charts show under the pointer. The encoder leaves no &lt; in it, so it cannot end its element.</summary>
    public static string Json(RunFiles run)
    {
        using var bytes = new MemoryStream();
        using (var json = new Utf8JsonWriter(bytes))
        {
            json.WriteStartObject();
            for (int c = 0; c < run.Columns.Count; c++)
            {
                json.WriteStartArray(run.Columns[c]);
                foreach (string[] row in run.Rows) json.WriteStringValue(row[c]);
                json.WriteEndArray();
            }
            json.WriteEndObject();
        }
        return Encoding.UTF8.GetString(bytes.ToArray());
    }

    private static string Figure(string column, double? value)
    {
        if (value is not { } v) return "<td class=\"n\">–</td>";
        if (column is "images" or "instances") return $"<td class=\"n\">{v.ToString("0", CultureInfo.InvariantCulture)}</td>";
        string text = v.ToString("0.000", CultureInfo.InvariantCulture), share = Math.Clamp(v, 0, 1).ToString("0.###", CultureInfo.InvariantCulture);
        return $"<td class=\"n bar\"><span>{text}</span><i style=\"--share:{share}\"></i></td>";
    }
}
