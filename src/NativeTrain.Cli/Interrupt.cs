using System.Runtime.InteropServices;

namespace NativeTrain.Cli;

/// <summary>
/// Ctrl-C (and a polite kill): the first asks the run to save and stop, the second ends the program at once.
/// </summary>
internal sealed class Interrupt : IDisposable
{
    private readonly string whatFollows;
    private readonly CancellationTokenSource stop = new();
    private readonly PosixSignalRegistration[] registrations;

    /// <param name="whatFollows">What the user is told that the program now does.</param>
    public Interrupt(string whatFollows = "saving what is done")
    {
        this.whatFollows = whatFollows;
        registrations = [PosixSignalRegistration.Create(PosixSignal.SIGINT, Handle), PosixSignalRegistration.Create(PosixSignal.SIGTERM, Handle)];
    }

    /// <summary>Cancelled by the first signal.</summary>
    public CancellationToken Token => stop.Token;

    private void Handle(PosixSignalContext context)
    {
        if (stop.IsCancellationRequested) return; // not cancelled: the runtime ends the process
        context.Cancel = true;
        Console.Error.WriteLine($"interrupted: {whatFollows} (Ctrl-C again stops at once)");
        stop.Cancel();
    }

    public void Dispose()
    {
        foreach (var registration in registrations) registration.Dispose();
        stop.Dispose();
    }
}
