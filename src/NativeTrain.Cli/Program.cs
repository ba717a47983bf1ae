using NativeTrain.Cli.CommandLine;
using NativeTrain.Cli.Verbs;
using NativeTrain.Core;

namespace NativeTrain.Cli;

/// <summary>
/// The program: finds the verb, runs it, and turns whatever goes wrong into one line and an exit code:
/// 0 done, 1 a check failed (verify), 2 something the user gave is wrong, 3 a mistake of this program, 4 one of several processes lost, 130 or 143 interrupted.
/// </summary>
internal static class Program
{
    private static int Main(string[] args)
    {
        try
        {
            return Run(args);
        }
        catch (Exception e)
        {
            return Report(e);
        }
    }

    private static int Run(string[] args)
    {
        var (task, words) = Arguments.SplitTask(args);
        string name = words.Count == 0 ? "help" : words[0];
        var (verb, rest) = VerbList.Command(VerbList.Find(name), [.. words.Skip(1)]);
        if (task is not null && verb.TakesTask) rest = [$"task={task}", .. rest];
        if (verb is not HelpVerb && rest.Any(w => w is "--help" or "-h"))
        {
            Console.Write(HelpPage.Of(verb));
            return 0;
        }
        return verb.Run(Arguments.Read(verb, rest));
    }

    private static int Report(Exception e)
    {
        if (Environment.GetEnvironmentVariable("NATIVETRAIN_TRACE") == "1") Console.Error.WriteLine(e);
        var (code, line) = Failure.Of(e);
        if (line is not null) Console.Error.WriteLine(line);
        return code;
    }
}
