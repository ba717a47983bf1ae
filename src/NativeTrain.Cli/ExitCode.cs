namespace NativeTrain.Cli;

/// <summary>What the program returns to the shell.</summary>
internal static class ExitCode
{
    public const int Done = 0;
    /// <summary>A comparison that was asked for is out of tolerance.</summary>
    public const int CheckFailed = 1;
    /// <summary>An option, a file or a folder that the user gave is wrong.</summary>
    public const int Input = 2;
    /// <summary>A mistake of this program.</summary>
    public const int Internal = 3;
    /// <summary>One of several processes was lost, and the run ended (native/mpi/heartbeat.c).</summary>
    public const int RankLost = 4;
    /// <summary>Ctrl-C (128 + SIGINT), after what was done so far has been saved.</summary>
    public const int Interrupted = 130;
    /// <summary>SIGTERM or SIGUSR1 (128 + SIGTERM), as a scheduler sends before it takes the machine, after what was done so far has been saved.</summary>
    public const int Preempted = 143;
}
