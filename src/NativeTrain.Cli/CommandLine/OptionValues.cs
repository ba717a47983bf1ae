using System.Globalization;
using NativeTrain.Core;
using NativeTrain.Training;

namespace NativeTrain.Cli.CommandLine;

/// <summary>The options of a verb that has a short table of its own (info, data, …): what was given, else the defaults.</summary>
internal sealed class OptionValues
{
    private readonly Dictionary<string, string?> values;

    /// <summary>Checks what was given against the table.</summary>
    /// <exception cref="InputException">An unknown option, one that is not in this version, or a value of the wrong type or out of range.</exception>
    public OptionValues(IReadOnlyList<OptionSpec> table, IEnumerable<KeyValuePair<string, string>> given)
    {
        values = table.ToDictionary(o => o.Name, o => o.Default);
        foreach (var (name, value) in given)
        {
            string n = name.Replace('-', '_');
            if (table.FirstOrDefault(o => o.Name == n) is { } option) values[n] = option.Normalise(value);
            else if (!OptionTable.IsNotYet(n, value)) throw Unknown(table, name);
        }
    }

    public string? Text(string name) => values[name];

    public string Required(string name, string example) =>
        values[name] ?? throw new InputException($"{name}= is missing, for example {example}");

    public int Integer(string name) => int.Parse(values[name]!, CultureInfo.InvariantCulture);

    public int? IntegerOrNone(string name) => values[name] is { } v ? int.Parse(v, CultureInfo.InvariantCulture) : null;

    public double Number(string name) => double.Parse(values[name]!, CultureInfo.InvariantCulture);

    public bool Switch(string name) => values[name] == "true";

    private static InputException Unknown(IReadOnlyList<OptionSpec> table, string name)
    {
        string? nearest = table.MinBy(o => EditDistance.Between(name, o.Name))?.Name;
        return new($"unknown option '{name}'" + (nearest is null ? "; there are none here" : $"; did you mean '{nearest}'?"));
    }
}
