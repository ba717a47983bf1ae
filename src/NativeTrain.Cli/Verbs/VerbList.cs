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
        new InfoVerb(),
        new DataVerb(),
        new VerifyVerb(),
        new BenchVerb(),
        new HelpVerb(),
        new VersionVerb(),
    ];

    /// <summary>The verb of that name.</summary>
    /// <exception cref="InputException">There is none; the message names the nearest.</exception>
    public static CliVerb Find(string name)
    {
        string n = name switch
        {
            "--help" or "-h" => "help",
            "--version" => "version",
            _ => name,
        };
        return All.FirstOrDefault(v => v.Name == n) ?? throw new InputException(
            $"unknown verb '{name}'; did you mean '{All.MinBy(v => EditDistance.Between(n, v.Name))!.Name}'? (nativetrain help lists them)");
    }
}
