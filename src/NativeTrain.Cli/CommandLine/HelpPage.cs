using System.Text;
using NativeTrain.Cli.Verbs;
using NativeTrain.Training;

namespace NativeTrain.Cli.CommandLine;

/// <summary>The help pages, made from the verbs and their option tables.</summary>
internal static class HelpPage
{
    /// <summary>All verbs, a line each.</summary>
    public static string Overview()
    {
        var text = new StringBuilder();
        text.AppendLine("nativetrain: train, validate and run YOLO11 detectors");
        text.AppendLine();
        foreach (var verb in VerbList.All) text.AppendLine($"  nativetrain {verb.Name,-8} {verb.Summary}");
        text.AppendLine();
        text.AppendLine("For example:");
        text.AppendLine("  nativetrain data shapes shapes");
        text.AppendLine("  nativetrain train model=yolo11n.yaml data=shapes/data.yaml epochs=20 imgsz=160");
        text.AppendLine();
        text.AppendLine("Options are written epochs=100, --epochs=100 or --epochs 100; nativetrain VERB --help lists them.");
        return text.ToString();
    }

    /// <summary>One verb with its options and their defaults, or all commands of a verb that has commands.</summary>
    public static string Of(CliVerb verb)
    {
        if (verb.Commands.Count > 0) return string.Join(Environment.NewLine, verb.Commands.Select(Of));
        var text = new StringBuilder();
        text.AppendLine($"nativetrain {verb.Usage}");
        text.AppendLine($"    {verb.Summary}");
        if (verb.Options.Count == 0) return text.ToString();
        int name = verb.Options.Max(o => o.Name.Length), value = verb.Options.Max(o => (verb.DefaultOf(o) ?? "").Length);
        text.AppendLine();
        text.AppendLine($"  {"option".PadRight(name)}  {"default".PadRight(Math.Max(value, 7))}");
        foreach (var option in verb.Options)
            text.AppendLine($"  {option.Name.PadRight(name)}  {(verb.DefaultOf(option) ?? "").PadRight(Math.Max(value, 7))}  {Meaning(option)}");
        return text.ToString();
    }

    /// <summary>All verbs and options as a page of Markdown: docs/options.md.</summary>
    public static string Markdown()
    {
        var text = new StringBuilder();
        text.AppendLine("# Options");
        text.AppendLine();
        text.AppendLine("This page is printed by `out/nativetrain help --markdown`; a test keeps it current. An option is written");
        text.AppendLine("`epochs=100`, `--epochs=100` or `--epochs 100`; a switch also `--cos_lr`.");
        foreach (var verb in VerbList.All.SelectMany(v => v.Commands.Count > 0 ? v.Commands : [v]).Where(v => v.Options.Count > 0))
        {
            text.AppendLine();
            text.AppendLine($"## {verb.Name}");
            text.AppendLine($"`nativetrain {verb.Usage}`: {verb.Summary}.");
            text.AppendLine();
            text.AppendLine("| option | default | meaning |");
            text.AppendLine("|---|---|---|");
            foreach (var option in verb.Options)
                text.AppendLine($"| {option.Name} | {verb.DefaultOf(option)} | {Meaning(option).Replace("|", "\\|").Replace("*", "\\*")} |");
        }
        return text.ToString();
    }

    private static string Meaning(OptionSpec option) =>
        option.Choices is { } choices && !option.Help.Contains(choices[0]) ? $"{option.Help}: {string.Join(", ", choices)}" : option.Help;
}
