using NativeTrain.Cli.CommandLine;
using NativeTrain.Core;
using NativeTrain.Training;

namespace NativeTrain.Cli.Verbs;

/// <summary>Prints the list of verbs, a verb's page, or all options as a page of Markdown (docs/options.md).</summary>
internal sealed class HelpVerb : CliVerb
{
    public override string Name => "help";
    public override string Summary => "print this page, or a verb's options";
    public override string Usage => "help [VERB] [--markdown]";
    public override IReadOnlyList<string> Words => ["VERB", "COMMAND"];
    public override int WordsNeeded => 0;
    public override IReadOnlyList<OptionSpec> Options { get; } =
    [
        new("markdown", OptionType.Switch, "false", "print every verb and option as docs/options.md holds them", Verb.None),
    ];

    public override int Run(Arguments arguments)
    {
        var options = new OptionValues(Options, arguments.Options);
        Console.Write(options.Switch("markdown") ? HelpPage.Markdown() : arguments.Words.Count == 0 ? HelpPage.Overview() : HelpPage.Of(Named(arguments.Words)));
        return ExitCode.Done;
    }

    private static CliVerb Named(IReadOnlyList<string> words)
    {
        var verb = VerbList.Find(words[0]);
        if (words.Count == 1) return verb;
        if (verb.Commands.Count == 0) throw new InputException($"unexpected word '{words[1]}': {verb.Name} has no commands");
        return VerbList.Command(verb, [words[1]]).Verb;
    }
}
