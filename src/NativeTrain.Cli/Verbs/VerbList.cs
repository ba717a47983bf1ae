using NativeTrain.Core;
using NativeTrain.Training;

namespace NativeTrain.Cli.Verbs;

/// <summary>All verbs, in the order of the help page.</summary>
internal static class VerbList
{
    public static IReadOnlyList<CliVerb> All { get; } =
    [
        new TrainVerb(),
        new ValVerb(),
        new PredictVerb(),
        new LrFindVerb(),
        new TraceVerb(),
        new ExportVerb(),
        new ReportVerb(),
        new InfoVerb(),
        new InspectVerb(),
        new DataVerb(),
        new VerifyVerb(),
        new GradCheckVerb(),
        new BenchVerb(),
        new HelpVerb(),
        new VersionVerb(),
    ];

    /// <summary>The verb of that name.</summary>
    /// <exception cref="InputException">There is none; the message names the nearest. Or an option stands there.</exception>
    public static CliVerb Find(string name)
    {
        string n = name switch
        {
            "--help" or "-h" => "help",
            "--version" => "version",
            _ => name,
        };
        if (n.Contains('=')) throw new InputException($"'{name}': the verb comes first, as in: nativetrain train model=yolo11n.yaml data=path/to/data.yaml (nativetrain help lists the verbs)");
        return All.FirstOrDefault(v => v.Name == n) ?? throw new InputException(
            $"unknown verb '{name}'; did you mean '{All.MinBy(v => EditDistance.Between(n, v.Name))!.Name}'? (nativetrain help lists them)");
    }

    /// <summary>The command that the words after the verb begin with, and the words after that; the verb itself where it has no commands.</summary>
    /// <exception cref="InputException">No command, or none of that name.</exception>
    public static (CliVerb Verb, IReadOnlyList<string> Words) Command(CliVerb verb, IReadOnlyList<string> rest)
    {
        if (verb.Commands.Count == 0 || rest is ["--help" or "-h", ..]) return (verb, rest);
        string known = string.Join(", ", verb.Commands.Select(c => c.Name));
        if (rest.Count == 0) throw new InputException($"{verb.Name} needs a command: {known} (nativetrain {verb.Name} --help tells more)");
        var command = verb.Commands.FirstOrDefault(c => c.Name == $"{verb.Name} {rest[0]}")
            ?? throw new InputException($"unknown command '{verb.Name} {rest[0]}'; known: {known}");
        return (command, [.. rest.Skip(1)]);
    }
}
