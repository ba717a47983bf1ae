using System.Diagnostics;
using System.Runtime.InteropServices;
using NativeTrain.Testing;

namespace NativeTrain.Cli.Tests;

/// <summary>Runs the built program as a user does: as a process, with its words, in a folder.</summary>
internal static class Tool
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    /// <summary>out/nativetrain's program where build.sh made it, else what "dotnet build" left in the project's folder.</summary>
    private static readonly string Program = FindProgram();

    public sealed record Result(int ExitCode, string Out, string Error);

    /// <summary>Runs it to its end in <paramref name="folder"/>.</summary>
    public static Result Run(string folder, params string[] words)
    {
        using var process = Start(folder, words);
        return Finish(process);
    }

    public static Process Start(string folder, params string[] words) => Start(folder, new ProcessStartInfo("dotnet"), words);

    /// <summary>Starts several processes of it that work together, by mpirun.</summary>
    /// <param name="folder">Where.</param>
    /// <param name="ranks">How many.</param>
    /// <param name="words">Of each.</param>
    /// <param name="others">Words of one process more.</param>
    public static Process StartRanks(string folder, int ranks, string[] words, string[]? others = null)
    {
        var start = new ProcessStartInfo("mpirun");
        foreach (string word in (string[])["--oversubscribe", "--bind-to", "none", "-n", $"{ranks}", "dotnet"]) start.ArgumentList.Add(word);
        start.Environment["OMPI_ALLOW_RUN_AS_ROOT"] = start.Environment["OMPI_ALLOW_RUN_AS_ROOT_CONFIRM"] = "1";
        return Start(folder, start, others is null ? words : [.. words, ":", "-n", "1", "dotnet", Program, .. others]);
    }

    /// <summary>Runs it to its end where a launcher has set a variable.</summary>
    public static Result RunUnder(string folder, string variable, string value, params string[] words)
    {
        var start = new ProcessStartInfo("dotnet");
        start.Environment[variable] = value;
        using var process = Start(folder, start, words);
        return Finish(process);
    }

    /// <summary>Whether this machine has an MPI, and the program was built with it.</summary>
    public static bool HasMpi => File.Exists(Path.Combine(Path.GetDirectoryName(Program)!, "libnativetrain_mpi.so"))
        && Environment.GetEnvironmentVariable("PATH")!.Split(':').Any(p => File.Exists(Path.Combine(p, "mpirun")));

    /// <summary>Runs it where no file may grow beyond so many KiB: a disk that is full, to a program.</summary>
    public static Result RunOnFullDisk(string folder, int kibibytes, params string[] words)
    {
        var start = new ProcessStartInfo("sh");
        // The signal that comes with the limit is ignored, as on a full disk there is none. The runtime's own
        // double-mapped code memory counts as a file and would meet the limit first.
        start.ArgumentList.Add("-c");
        start.ArgumentList.Add($"trap '' XFSZ; ulimit -f {2 * kibibytes}; exec dotnet \"$@\"");
        start.ArgumentList.Add("sh");
        start.Environment["DOTNET_EnableWriteXorExecute"] = "0";
        using var process = Start(folder, start, words);
        return Finish(process);
    }

    private static Process Start(string folder, ProcessStartInfo start, string[] words)
    {
        start.WorkingDirectory = folder;
        start.RedirectStandardOutput = true;
        start.RedirectStandardError = true;
        start.ArgumentList.Add(Program);
        foreach (string word in words) start.ArgumentList.Add(word);
        start.Environment.Remove("NATIVETRAIN_TRACE");
        return Process.Start(start)!;
    }

    /// <summary>Waits for the end and collects what it printed.</summary>
    public static Result Finish(Process process)
    {
        var output = process.StandardOutput.ReadToEndAsync();
        var error = process.StandardError.ReadToEndAsync();
        if (!process.WaitForExit(Patience))
        {
            process.Kill(entireProcessTree: true);
            throw new TimeoutException($"still running after {Patience}");
        }
        process.WaitForExit();
        return new Result(process.ExitCode, output.Result, error.Result);
    }

    /// <summary>What Ctrl-C sends; SIGTERM, which is handled alike, where the tests were started with SIGINT ignored (a shell does that to its background jobs).</summary>
    /// <returns>The exit code to expect.</returns>
    public static int SendInterrupt(Process process)
    {
        const int interrupt = 2, terminate = 15;
        string ignored = File.ReadLines($"/proc/{process.Id}/status").First(l => l.StartsWith("SigIgn:", StringComparison.Ordinal))[7..].Trim();
        bool ignoresInterrupt = (ulong.Parse(ignored, System.Globalization.NumberStyles.HexNumber) >> (interrupt - 1) & 1) != 0;
        Send(process.Id, ignoresInterrupt ? terminate : interrupt);
        return 128 + (ignoresInterrupt ? terminate : interrupt);
    }

    public static void Send(int process, int signal) => _ = kill(process, signal);

    [DllImport("libc")]
    private static extern int kill(int pid, int signal);

    private static string FindProgram()
    {
        string built = Path.Combine(Shared.Root, "out", "app", "nativetrain.dll");
        return File.Exists(built) ? built : Path.Combine(Shared.Root, "src", "NativeTrain.Cli", "bin", "Release", "net10.0", "nativetrain.dll");
    }
}
