using System.Text;
using NativeTrain.Core;

namespace NativeTrain.Training;

/// <summary>
/// The page of one training step: the document as JSON, and the scripts that draw it. It loads nothing from anywhere, so it opens from disk.
/// </summary>
public static class InspectPage
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
        string title = Training.Html.Text($"{step.About.Model}, step {step.About.Step}");
        var html = new StringBuilder(Resource("inspect.page.html"));
        return html.Replace("{{title}}", title).Replace("{{css}}", Resource("page.css") + Resource("inspect.page.css"))
            .Replace("{{token}}", token ?? "").Replace("{{js}}", string.Concat(Scripts.Select(s => Resource($"inspect.{s}.js")))).Replace("{{step}}", StepJson.Of(step)).ToString();
    }

    private static string Resource(string name)
    {
        using var reader = new StreamReader(typeof(InspectPage).Assembly.GetManifestResourceStream(name)!);
        return reader.ReadToEnd();
    }
}
