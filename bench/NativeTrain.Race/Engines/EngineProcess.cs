using System.Diagnostics;
using System.Globalization;
using NativeTrain.Core;

namespace NativeTrain.Race;

/// <summary>The race's side of an engine in a process of its own, so that neither's heap, threads or peak of memory is the other's.</summary>
internal sealed class EngineProcess : IDisposable
{
    private readonly Process process;

    /// <param name="program">A .dll for dotnet.</param>
    /// <param name="arguments">Its command line.</param>
    /// <param name="environment">Variables beside those of this process; an empty one is taken away.</param>
    public EngineProcess(string program, IEnumerable<string> arguments, IReadOnlyDictionary<string, string> environment)
    {
        var start = new ProcessStartInfo("dotnet", [program, .. arguments]) { RedirectStandardInput = true, RedirectStandardOutput = true };
        foreach (var (name, value) in environment) start.Environment[name] = value.Length > 0 ? value : null;
        process = Process.Start(start)!;
    }

    public string Name { get; private set; } = "";

    /// <summary>Waits until it could make a step.</summary>
    public void Await()
    {
        string ready = Read();
        Name = ready.StartsWith("ready ", StringComparison.Ordinal) ? ready["ready ".Length..] : throw Broken(ready);
    }

    public StepTime Step(bool withLoss = true)
    {
        string[] answer = Ask(withLoss ? "step" : "bare").Split(' ');
        return new StepTime(double.Parse(answer[0], CultureInfo.InvariantCulture), double.Parse(answer[1], CultureInfo.InvariantCulture));
    }

    public long PeakBytes() => long.Parse(Ask("peak"), CultureInfo.InvariantCulture);

    private string Ask(string line)
    {
        process.StandardInput.WriteLine(line);
        process.StandardInput.Flush();
        return Read();
    }

    private string Read() => process.StandardOutput.ReadLine() ?? throw Broken(Ending());

    private string Ending()
    {
        process.WaitForExit();
        return process.ExitCode > 128 ? $"it was ended by signal {process.ExitCode - 128}" : "it ended; its own words stand above";
    }

    private InputException Broken(string said) => new($"an engine of the race ({string.Join(' ', process.StartInfo.ArgumentList.Take(2))}) failed: {said}");

    public void Dispose()
    {
        process.StandardInput.Close();
        if (!process.WaitForExit(10_000)) process.Kill();
        process.Dispose();
    }
}

/// <summary>One step of an engine.</summary>
internal readonly record struct StepTime(double Loss, double Seconds);
