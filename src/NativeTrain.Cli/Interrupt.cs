using System.Runtime.InteropServices;

namespace NativeTrain.Cli;

/// <summary>
/// Ctrl-C, a polite kill and SIGUSR1 (which schedulers can be told to send, and mpirun passes on): the first asks the run to save and
/// stop, the second ends the program at once.
/// </summary>
internal sealed class Interrupt : IDisposable
{
    private const PosixSignal User1 = (PosixSignal)10; // Linux's number

    private readonly string? whatFollows;
    private readonly CancellationTokenSource stop = new();
    private readonly PosixSignalRegistration[] registrations;

    /// <param name="whatFollows">What the user is told that the program now does; null: nothing, another process tells.</param>
    public Interrupt(string? whatFollows = "saving what is done")
    {
        this.whatFollows = whatFollows;
        registrations = [PosixSignalRegistration.Create(PosixSignal.SIGINT, Handle), PosixSignalRegistration.Create(PosixSignal.SIGTERM, Handle), PosixSignalRegistration.Create(User1, Handle)];
    }

    /// <summary>Cancelled by the first signal.</summary>
    public CancellationToken Token => stop.Token;

    /// <summary>What the program returns after the signal that came; done where none came.</summary>
    public int ExitCode { get; private set; } = Cli.ExitCode.Done;

    private void Handle(PosixSignalContext context)
    {
        if (stop.IsCancellationRequested) return; // not cancelled: the runtime ends the process
        context.Cancel = true;
        ExitCode = context.Signal == PosixSignal.SIGINT ? Cli.ExitCode.Interrupted : Cli.ExitCode.Preempted;
        if (whatFollows is not null) Console.Error.WriteLine($"interrupted: {whatFollows} (Ctrl-C again stops at once)");
        stop.Cancel();
    }

    public void Dispose()
    {
        foreach (var registration in registrations) registration.Dispose();
        stop.Dispose();
    }
}
