using System.Globalization;
using NativeTrain.Core;

namespace NativeTrain.Training;

/// <summary>What the user asked for. The values combine, to say which verbs know an option.</summary>
[Flags]
public enum Verb
{
    None = 0,
    Train = 1,
    Val = 2,
    Predict = 4,
    All = Train | Val | Predict,
}

/// <summary>How an option's text is read.</summary>
public enum OptionType
{
    /// <summary>Any text: a path, a name.</summary>
    Text,
    /// <summary>A whole number.</summary>
    Integer,
    /// <summary>A decimal number ("0.01", "1e-3").</summary>
    Number,
    /// <summary>true or false.</summary>
    Switch,
    /// <summary>true or false, or any other text: a path.</summary>
    SwitchOrText,
    /// <summary>true or false, or a decimal number.</summary>
    SwitchOrNumber,
    /// <summary>A whole number; also −1, or a share between 0 and 1: as many as fit into that share.</summary>
    CountOrShare,
    /// <summary>A whole number, or several: "3", "0,2" or "[0, 2]".</summary>
    Integers,
}

/// <summary>One option: a row of <see cref="OptionTable"/>.</summary>
/// <param name="Name">Name on the command line and in args.yaml, as the reference spells it.</param>
/// <param name="Type">How its value is read.</param>
/// <param name="Default">The value where none is given; null: none, the program decides or the user must say.</param>
/// <param name="Help">One line for the help page.</param>
/// <param name="Verbs">The verbs that know it.</param>
public sealed record OptionSpec(string Name, OptionType Type, string? Default, string Help, Verb Verbs)
{
    /// <summary>Smallest value allowed.</summary>
    public double Min { get; init; } = double.NegativeInfinity;

    /// <summary>Largest value allowed.</summary>
    public double Max { get; init; } = double.PositiveInfinity;

    /// <summary>Whether a training's weights depend on it (false: where and how it runs, what else it writes).</summary>
    public bool ChangesWeights { get; init; } = true;

    /// <summary>The only values allowed (compared without case), where the option is a choice.</summary>
    public IReadOnlyList<string>? Choices { get; init; }

    /// <summary>The default where the verb is val.</summary>
    public string? ValDefault { get; init; }

    /// <summary>The value that holds in the verbs that do not know the option (null: the default).</summary>
    public string? Elsewhere { get; init; }

    /// <summary>The default where the verb is predict.</summary>
    public string? PredictDefault { get; init; }

    /// <summary>The value of the option where the user gives none.</summary>
    public string? DefaultFor(Verb verb) => verb switch
    {
        Verb.Val => ValDefault ?? Default,
        Verb.Predict => PredictDefault ?? Default,
        _ => Default,
    };

    /// <summary>
    /// Checks a value and brings it to one spelling ("True" and "1" become "true", "1e-2" becomes "0.01").
    /// "none" and "null" mean "no value" where the option has no default.
    /// </summary>
    /// <exception cref="InputException">The value is of the wrong type or out of range.</exception>
    public string? Normalise(string value)
    {
        ArgumentNullException.ThrowIfNull(value);
        string v = value.Trim();
        if (Default is null && (v.Length == 0 || v.Equals("none", StringComparison.OrdinalIgnoreCase) || v.Equals("null", StringComparison.OrdinalIgnoreCase)))
            return null;
        return Type switch
        {
            OptionType.Integer => Integer(v),
            OptionType.Number => Number(v),
            OptionType.Switch => Switch(v) ?? throw new InputException($"{Name}={v}: must be true or false"),
            OptionType.SwitchOrText => Text(Switch(v) ?? v),
            OptionType.SwitchOrNumber => Switch(v) ?? Number(v),
            OptionType.CountOrShare => Share(v) ?? Count(v),
            OptionType.Integers => Integers(v),
            _ => Text(v),
        };
    }

    private string Integer(string v)
    {
        if (!long.TryParse(v, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long n) || n is < int.MinValue or > int.MaxValue)
            throw new InputException($"{Name}={v}: not a whole number");
        CheckRange(v, n);
        return n.ToString(CultureInfo.InvariantCulture);
    }

    /// <summary>"-1" or a number between 0 and 1; null where the text is neither.</summary>
    private static string? Share(string v) =>
        double.TryParse(v, NumberStyles.Float, CultureInfo.InvariantCulture, out double n) && n is -1 or (> 0 and < 1) ? n.ToString("R", CultureInfo.InvariantCulture) : null;

    private string Count(string v)
    {
        if (int.TryParse(v, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int n) && n >= Min && n <= Max) return n.ToString(CultureInfo.InvariantCulture);
        throw new InputException($"{Name}={v}: must be from {Show(Min)} to {Show(Max)}, or in train -1 or a share of the free memory between 0 and 1");
    }

    private string Integers(string v)
    {
        if (v.Trim('[', ']', ' ').Length == 0) throw new InputException($"{Name}={v}: names no number; it takes one (0) or a list ([0,2])");
        if (v is not ['[', .., ']'] && !v.Contains(',')) return Integer(v);
        var numbers = v.Trim('[', ']').Split(',', StringSplitOptions.TrimEntries);
        return $"[{string.Join(", ", numbers.Select(Integer))}]";
    }

    /// <summary>The numbers of a checked value of <see cref="OptionType.Integers"/>.</summary>
    public static IReadOnlyList<int> ListOf(string value)
    {
        ArgumentNullException.ThrowIfNull(value);
        return [.. value.Trim('[', ']').Split(',').Select(n => int.Parse(n, CultureInfo.InvariantCulture))];
    }

    private string Number(string v)
    {
        if (!double.TryParse(v, NumberStyles.Float, CultureInfo.InvariantCulture, out double n) || !double.IsFinite(n))
            throw new InputException($"{Name}={v}: not a number");
        CheckRange(v, n);
        string s = n.ToString("R", CultureInfo.InvariantCulture);
        // 1.0E-05, not 1E-05: without the point it is a text to readers of YAML 1.1.
        return s.Contains('.') ? s : s.Contains('E') ? s.Replace("E", ".0E") : s + ".0";
    }

    private static string? Switch(string v) => v.ToLowerInvariant() switch
    {
        "true" or "1" or "yes" or "on" => "true",
        "false" or "0" or "no" or "off" => "false",
        _ => null,
    };

    private string Text(string v)
    {
        if (v.Length == 0) throw new InputException($"{Name}= has no value");
        if (Choices is null) return v;
        return Choices.FirstOrDefault(c => c.Equals(v, StringComparison.OrdinalIgnoreCase))
            ?? throw new InputException($"{Name}={v}: must be one of {string.Join(", ", Choices)}");
    }

    private void CheckRange(string v, double n)
    {
        if (n >= Min && n <= Max) return;
        string range = (double.IsInfinity(Min), double.IsInfinity(Max)) switch
        {
            (false, true) => $"at least {Show(Min)}",
            (true, false) => $"at most {Show(Max)}",
            _ => $"from {Show(Min)} to {Show(Max)}",
        };
        throw new InputException($"{Name}={v}: must be {range}");
    }

    private static string Show(double n) => n.ToString("R", CultureInfo.InvariantCulture);
}
