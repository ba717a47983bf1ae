using System.Text.RegularExpressions;
using NativeTrain.Core;

namespace NativeTrain.Training;

/// <summary>
/// The page of one training step: the document as JSON, and the scripts that draw it. It loads nothing from anywhere, so it opens from disk.
/// </summary>
public static partial class InspectPage
{
    private static readonly string[] Scripts = ["format", "charts", "overview", "graph", "node", "matches", "live", "main"];

    /// <summary>Writes the page; and the document beside it where <paramref name="json"/> names a file.</summary>
    /// <exception cref="InputException">A file cannot be written.</exception>
    public static void Write(StepDocument step, string path, string? json = null)
    {
        AtomicFile.WriteText(path, Html(step));
        if (json is not null) StepJson.Write(step, json);
    }

    /// <param name="step">What it shows.</param>
    /// <param name="token">What a served page sends along to ask for the next step; null: it stands alone.</param>
    public static string Html(StepDocument step, string? token = null)
    {
        ArgumentNullException.ThrowIfNull(step);
        // In one go: what stands in a name is never taken for a place.
        return Place().Replace(EmbeddedText.Read("inspect.page.html"), place => place.Groups[1].Value switch
        {
            "title" => Training.Html.Text($"{step.About.Model}, step {step.About.Step}"),
            "css" => EmbeddedText.Read("page.css") + EmbeddedText.Read("inspect.page.css"),
            "token" => token ?? "",
            "js" => string.Concat(Scripts.Select(s => EmbeddedText.Read($"inspect.{s}.js"))),
            "step" => StepJson.Of(step),
            var other => throw new InvalidOperationException($"page.html: nothing is called {other}"),
        });
    }

    [GeneratedRegex(@"\{\{(\w+)\}\}")]
    private static partial Regex Place();
}
