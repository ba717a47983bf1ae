using NativeTrain.Cli.CommandLine;

namespace NativeTrain.Cli.Verbs;

/// <summary>Prints the program's version.</summary>
internal sealed class VersionVerb : CliVerb
{
    public override string Name => "version";
    public override string Summary => "print the version";
    public override string Usage => "version";

    public override int Run(Arguments arguments)
    {
        _ = new OptionValues(Options, arguments.Options);
        Console.WriteLine($"nativetrain {typeof(VersionVerb).Assembly.GetName().Version!.ToString(3)}");
        return ExitCode.Done;
    }
}
