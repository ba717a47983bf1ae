using System.Text;
using NativeTrain.Vision.Plots;

namespace NativeTrain.Training;

/// <summary>The pictures of a run, in groups, as parts of the page.</summary>
internal static class PagePictures
{
    private sealed record Group(string Title, Func<string, bool> Holds, string Layout);

    private static readonly Group[] Groups =
    [
        new("Validation: truth beside prediction", f => f.StartsWith("val_batch", StringComparison.Ordinal), "pairs"),
        new("Confusion", f => f.StartsWith("confusion_matrix", StringComparison.Ordinal), "pairs"),
        new("Precision and recall", f => f.Contains("_curve", StringComparison.Ordinal), "pairs"),
        new("Labels of the training set", f => f.StartsWith("labels", StringComparison.Ordinal), "pairs"),
        new("Training batches, as the network sees them", f => f.StartsWith("train_batch", StringComparison.Ordinal), "small"),
    ];

    /// <summary>Every picture that belongs to a group; results.png, whose curves the page draws itself, does not.</summary>
    public static string All(string folder)
    {
        string[] files = [.. Directory.GetFiles(folder).Where(f => Path.GetExtension(f) is ".png" or ".jpg").OrderBy(Order, StringComparer.Ordinal)];
        var html = new StringBuilder();
        foreach (var group in Groups)
        {
            string[] own = [.. files.Where(f => group.Holds(Path.GetFileName(f)))];
            if (own.Length == 0) continue;
            html.Append($"<h3>{group.Title}</h3>\n<div class=\"pictures {group.Layout}\">");
            foreach (string figure in own.AsParallel().AsOrdered().Select(Figure)) html.Append(figure);
            html.Append("</div>\n");
        }
        return html.ToString();
    }

    private static string Figure(string file)
    {
        var (uri, width, height) = EmbeddedPicture.Read(file);
        string title = Html.Text(Title(Path.GetFileNameWithoutExtension(file)));
        return $"<figure class=\"card\"><button type=\"button\" class=\"enlarge\" aria-label=\"Enlarge: {title}\"><img src=\"{uri}\" width=\"{width}\" height=\"{height}\" loading=\"lazy\" alt=\"{title}\"></button><figcaption>{title}</figcaption></figure>\n";
    }

    /// <summary>Numbers in names count as numbers: train_batch10 stands behind train_batch2.</summary>
    private static string Order(string path)
    {
        string name = Path.GetFileNameWithoutExtension(path);
        string number = string.Concat(name.SkipWhile(c => !char.IsAsciiDigit(c)).TakeWhile(char.IsAsciiDigit));
        return number.Length == 0 ? name : name.Replace(number, number.PadLeft(9, '0'), StringComparison.Ordinal);
    }

    private static string Title(string name) => name
        .Replace("val_batch", "batch ", StringComparison.Ordinal).Replace("train_batch", "batch ", StringComparison.Ordinal)
        .Replace("_labels", ": truth", StringComparison.Ordinal).Replace("_pred", ": prediction", StringComparison.Ordinal)
        .Replace('_', ' ');
}
