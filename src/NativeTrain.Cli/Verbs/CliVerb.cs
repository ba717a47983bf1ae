using NativeTrain.Cli.CommandLine;
using NativeTrain.Core;
using NativeTrain.Training;

namespace NativeTrain.Cli.Verbs;

/// <summary>One verb of the command line: its name, its words and options, and what it does.</summary>
internal abstract class CliVerb
{
    public abstract string Name { get; }

    /// <summary>One line for the help page.</summary>
    public abstract string Summary { get; }

    /// <summary>How a command line of this verb looks, without the program's name.</summary>
    public abstract string Usage { get; }

    /// <summary>Names of the bare words that follow the verb ("DIR"), in order.</summary>
    public virtual IReadOnlyList<string> Words => [];

    /// <summary>How many of <see cref="Words"/> must be there; the others may be left out.</summary>
    public virtual int WordsNeeded => Words.Count;

    /// <summary>The commands one of which must follow the verb ("data shapes"); each has words and options of its own.</summary>
    public virtual IReadOnlyList<CliVerb> Commands => [];

    /// <summary>The options it knows.</summary>
    public virtual IReadOnlyList<OptionSpec> Options => [];

    /// <summary>Whether a task word before the verb ("segment train") is checked against the model, as task= is.</summary>
    public virtual bool TakesTask => Find("task") is not null;

    /// <summary>Default of an option in this verb, for the help page.</summary>
    public virtual string? DefaultOf(OptionSpec option) => option.Default;

    /// <summary>Does the work and returns the exit code.</summary>
    /// <exception cref="InputException">Something the user gave is wrong.</exception>
    public abstract int Run(Arguments arguments);

    /// <summary>The option of that name ('-' and '_' are the same), or null.</summary>
    public OptionSpec? Find(string name)
    {
        string n = name.Replace('-', '_');
        return Options.FirstOrDefault(o => o.Name == n);
    }
}
