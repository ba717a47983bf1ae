using NativeTrain.Cli.Verbs;
using NativeTrain.Core;
using NativeTrain.Training;

namespace NativeTrain.Cli.CommandLine;

/// <summary>
/// A command line after its verb: bare words ("shapes DIR") and options. An option may be written
/// <c>epochs=100</c>, <c>--epochs=100</c> or <c>--epochs 100</c>; a switch also <c>--cos_lr</c>; '-' and '_' in names are the same.
/// </summary>
internal sealed record Arguments(IReadOnlyList<string> Words, IReadOnlyList<KeyValuePair<string, string>> Options)
{
    /// <summary>Takes a leading task word off, as in "detect train …".</summary>
    /// <exception cref="InputException">The task is not one of this version.</exception>
    public static (string? Task, IReadOnlyList<string> Words) SplitTask(IReadOnlyList<string> args) => args.Count == 0 ? (null, args) : args[0] switch
    {
        "detect" or "segment" or "classify" => (args[0], [.. args.Skip(1)]),
        "pose" or "obb" => throw new InputException($"task '{args[0]}': this program knows detect, segment and classify"),
        _ => (null, args),
    };

    /// <summary>Sorts the words that follow a verb.</summary>
    /// <exception cref="InputException">A word too many, or an option without its value.</exception>
    public static Arguments Read(CliVerb verb, IReadOnlyList<string> args)
    {
        var words = new List<string>();
        var options = new List<KeyValuePair<string, string>>();
        for (int i = 0; i < args.Count; i++)
        {
            string arg = args[i];
            bool dashed = arg.StartsWith("--", StringComparison.Ordinal);
            if (arg.Contains('='))
            {
                options.Add(TrainOptions.Split(dashed ? arg[2..] : arg));
            }
            else if (dashed)
            {
                string name = arg[2..];
                string? next = i + 1 < args.Count ? args[i + 1] : null;
                if (TakesNext(verb.Find(name), next)) i++;
                else next = null;
                options.Add(new(name, next ?? ValueAlone(verb, name)));
            }
            else if (words.Count < verb.Words.Count)
            {
                words.Add(arg);
            }
            else if (verb.Find(arg) is { Type: OptionType.Switch })
            {
                options.Add(new(arg, "true"));
            }
            else
            {
                throw new InputException($"unexpected word '{arg}'; options of {verb.Name} are written name=value (nativetrain {verb.Name} --help lists them)");
            }
        }
        if (words.Count < verb.WordsNeeded)
            throw new InputException($"{verb.Words[words.Count]} is missing: nativetrain {verb.Usage}");
        return new Arguments(words, options);
    }

    /// <summary>Whether the word after "--name" is its value: a switch takes only true or false; an unknown name, which is refused later, whatever looks like a value.</summary>
    private static bool TakesNext(OptionSpec? option, string? next) => option switch
    {
        null => next is not null && !next.StartsWith("--", StringComparison.Ordinal) && !next.Contains('='),
        { Type: OptionType.Switch } => next?.ToLowerInvariant() is "true" or "false" or "1" or "0" or "yes" or "no" or "on" or "off",
        _ => next is not null && !next.StartsWith("--", StringComparison.Ordinal),
    };

    // An unknown name passes with a value that is never looked at: the check against the table, later, names the nearest one.
    private static string ValueAlone(CliVerb verb, string name) =>
        verb.Find(name) is null or { Type: OptionType.Switch } ? "true" : throw new InputException($"--{name} has no value");
}
