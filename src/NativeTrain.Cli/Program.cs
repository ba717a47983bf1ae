using NativeTrain.Cli.CommandLine;
using NativeTrain.Cli.Verbs;
using NativeTrain.Core;

namespace NativeTrain.Cli;

/// <summary>
/// The program: finds the verb, runs it, and turns whatever goes wrong into one line and an exit code:
/// 0 done, 1 a check failed (verify), 2 something the user gave is wrong, 3 a mistake of this program, 130 interrupted.
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
        var words = Arguments.WithoutTask(args);
        string name = words.Count == 0 ? "help" : words[0];
        var verb = VerbList.Find(name);
        var rest = words.Skip(1).ToList();
        if (verb is not HelpVerb && rest.Any(w => w is "--help" or "-h"))
        {
            Console.Write(HelpPage.Of(verb));
            return 0;
        }
        return verb.Run(Arguments.Read(verb, rest));
    }

    /// <summary>Prints the one line that says what is wrong, and chooses the exit code.</summary>
    private static int Report(Exception e)
    {
        // A failed loader thread or task arrives wrapped.
        while (e is AggregateException { InnerExceptions: [var inner] }) e = inner;
        if (Environment.GetEnvironmentVariable("NATIVETRAIN_TRACE") == "1") Console.Error.WriteLine(e);
        switch (e)
        {
            case OperationCanceledException:
                return ExitCode.Interrupted;
            case InputException:
                Console.Error.WriteLine($"error: {OneLine(e.Message)}");
                return ExitCode.Input;
            case IOException or UnauthorizedAccessException: // a full disk, a folder that may not be written
                Console.Error.WriteLine($"error: {OneLine(e.Message)}");
                return ExitCode.Input;
            case OutOfMemoryException:
                Console.Error.WriteLine("error: out of memory; try a smaller batch= or imgsz=");
                return ExitCode.Input;
            default:
                Console.Error.WriteLine($"internal error: {OneLine(e.Message)} (set NATIVETRAIN_TRACE=1 to see where)");
                return ExitCode.Internal;
        }
    }

    private static string OneLine(string message) => message.ReplaceLineEndings(" ").Trim();
}
