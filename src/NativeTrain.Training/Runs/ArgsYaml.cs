using System.Text;
using NativeTrain.Core;
using NativeTrain.Vision.Models;

namespace NativeTrain.Training;

/// <summary>args.yaml: the options of a run, one "name: value" a line, so that the run can be repeated.</summary>
public static class ArgsYaml
{
    /// <exception cref="InputException">The file cannot be written.</exception>
    public static void Write(string path, TrainOptions options, YoloTask task) => AtomicFile.WriteText(path, Text(options, task));

    /// <summary>The file's text.</summary>
    public static string Text(TrainOptions options, YoloTask task)
    {
        ArgumentNullException.ThrowIfNull(options);
        var text = new StringBuilder($"task: {TaskNames.Of(task)}\n");
        text.Append("mode: ").Append(OptionTable.Name(options.Verb)).Append('\n');
        foreach (var (name, value) in options.Values.Where(o => o.Name != "task"))
            text.Append(name).Append(": ").Append(Scalar(OptionTable.Find(name)!, value)).Append('\n');
        return text.ToString();
    }

    /// <summary>Texts that YAML could take for something else stand in single quotes (doubled inside).</summary>
    private static string Scalar(OptionSpec option, string? value)
    {
        if (value is null) return "null";
        bool plain = option.Type is not (OptionType.Text or OptionType.SwitchOrText) || value is "true" or "false"
            || (char.IsAsciiLetter(value[0]) && value.All(c => char.IsAsciiLetterOrDigit(c) || c is '/' or '.' or '_' or '-')
                && !Reserved.Contains(value, StringComparer.OrdinalIgnoreCase));
        return plain ? value : $"'{value.Replace("'", "''")}'";
    }

    private static readonly string[] Reserved = ["null", "true", "false", "yes", "no", "on", "off", "y", "n"];
}
