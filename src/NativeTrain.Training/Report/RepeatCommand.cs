namespace NativeTrain.Training;

/// <summary>The command line that runs a training again: its options, as far as they differ from the defaults. The task is the model's.</summary>
internal static class RepeatCommand
{
    public static string Of(RunFiles run)
    {
        var words = new List<string> { "nativetrain", run.Argument("mode") ?? "train" };
        foreach (var (name, value) in run.Arguments)
            if (name != "task" && OptionTable.Find(name) is { } option && value != "null" && value != option.Default)
                words.Add($"{name}={Quote(value)}");
        return string.Join(' ', words);
    }

    /// <summary>A word of a shell: in single quotes where it holds more than plain characters.</summary>
    private static string Quote(string value) =>
        value.Length > 0 && value.All(c => char.IsAsciiLetterOrDigit(c) || "/._-+:,%@".Contains(c, StringComparison.Ordinal)) ? value : $"'{value.Replace("'", "'\\''", StringComparison.Ordinal)}'";
}
