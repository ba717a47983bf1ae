namespace NativeTrain.Core;

/// <summary>Text out of a file, fit for a message: one line, nothing that a terminal would obey, not endless.</summary>
public static class OneLine
{
    /// <param name="text">Any text.</param>
    /// <param name="most">Longer texts are cut to so many characters.</param>
    public static string Of(string text, int most = 2000)
    {
        ArgumentNullException.ThrowIfNull(text);
        string cut = text.Length > most ? text[..most] + "…" : text;
        return cut.Any(IsControl) ? string.Concat(cut.Select(c => IsControl(c) ? '?' : c)) : cut;
    }

    /// <summary>Control characters, and what ends a line or a paragraph in Unicode.</summary>
    private static bool IsControl(char c) => char.IsControl(c) || c is '\u2028' or '\u2029';
}
