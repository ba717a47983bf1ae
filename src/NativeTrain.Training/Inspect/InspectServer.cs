using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using NativeTrain.Core;

namespace NativeTrain.Training;

/// <summary>
/// Serves the page of <see cref="StepInspector"/> to this machine alone: GET / is the page of the last step, POST /step takes the next and
/// answers with its document. It listens on the loopback address, answers only requests that name it (a page of another site that
/// had its name point here would name another), and takes a step only for who has read the page (its token).
/// </summary>
public sealed class InspectServer : IDisposable
{
    /// <summary>Of a request's head.</summary>
    private const int MostHeadBytes = 16384;

    private readonly StepInspector inspector;
    private readonly ITrainingProgress progress;
    private readonly TcpListener listener;
    private readonly string token = Convert.ToHexString(RandomNumberGenerator.GetBytes(16));
    private StepDocument? step;

    /// <param name="inspector">Takes the steps.</param>
    /// <param name="port">0: any that is free.</param>
    /// <param name="progress">Told of the address.</param>
    /// <exception cref="InputException">The port is taken.</exception>
    public InspectServer(StepInspector inspector, int port, ITrainingProgress progress)
    {
        this.inspector = inspector;
        this.progress = progress;
        listener = new TcpListener(IPAddress.Loopback, port);
        try
        {
            listener.Start();
        }
        catch (SocketException e)
        {
            throw new InputException($"port={port}: cannot be served at ({OneLine.Of(e.Message)}); give another one, or 0 for any that is free", e);
        }
    }

    /// <summary>For the whole head of a request, and for each piece of an answer: who is slower holds up the next one no longer.</summary>
    internal TimeSpan Patience { get; init; } = TimeSpan.FromSeconds(10);

    public int Port => ((IPEndPoint)listener.LocalEndpoint).Port;

    /// <summary>Takes the first step and answers requests, one after another, until it is stopped.</summary>
    public void Run(CancellationToken stop)
    {
        step = inspector.Next(stop);
        progress.OnMessage($"open http://127.0.0.1:{Port}/ on this machine; Ctrl-C ends it");
        using var close = stop.Register(listener.Stop);
        while (!stop.IsCancellationRequested)
        {
            try
            {
                using var client = listener.AcceptTcpClient();
                Answer(client, stop);
            }
            catch (Exception e) when (e is SocketException or IOException || (e is InvalidOperationException && stop.IsCancellationRequested))
            {
                // A browser that went away, and the next one is served; or the listener was stopped, which it says in several ways.
            }
        }
    }

    private void Answer(TcpClient client, CancellationToken stop)
    {
        client.SendTimeout = (int)Patience.TotalMilliseconds;
        using var stream = client.GetStream();
        if (ReadHead(client, stream) is not [var first, .. var lines]) return;
        string? Header(string name) => lines.FirstOrDefault(l => l.StartsWith(name + ":", StringComparison.OrdinalIgnoreCase))?[(name.Length + 1)..].Trim();
        if (Header("Host") is not { } host || (host != $"127.0.0.1:{Port}" && host != $"localhost:{Port}"))
            Send(stream, "403 Forbidden", "text/plain", "this page is served to this machine alone");
        else if (first.StartsWith("GET / ", StringComparison.Ordinal))
            Send(stream, "200 OK", "text/html", InspectPage.Html(step!, token));
        else if (!first.StartsWith("POST /step ", StringComparison.Ordinal))
            Send(stream, "404 Not Found", "text/plain", "there are / and /step");
        else if (Header("X-Inspect-Token") != token)
            Send(stream, "403 Forbidden", "text/plain", "load the page anew: it is of another run");
        else
            Step(stream, stop);
    }

    private void Step(NetworkStream stream, CancellationToken stop)
    {
        try
        {
            step = inspector.Next(stop);
            Send(stream, "200 OK", "application/json", StepJson.Of(step));
        }
        catch (InputException e)
        {
            Send(stream, "409 Conflict", "text/plain", e.Message);
        }
        catch (OperationCanceledException)
        {
            Send(stream, "503 Service Unavailable", "text/plain", "it was ended");
        }
    }

    /// <summary>The lines of a request's head; none where it is too long, too slow or cut off.</summary>
    private string[] ReadHead(TcpClient client, NetworkStream stream)
    {
        var head = new StringBuilder();
        var clock = Stopwatch.StartNew();
        while (head.Length < MostHeadBytes && Patience - clock.Elapsed is { Ticks: > 0 } left)
        {
            client.ReceiveTimeout = (int)Math.Ceiling(left.TotalMilliseconds);
            int b = stream.ReadByte();
            if (b < 0) break;
            head.Append((char)b);
            if (b == '\n' && head.ToString().EndsWith("\r\n\r\n", StringComparison.Ordinal)) return head.ToString().Split("\r\n", StringSplitOptions.RemoveEmptyEntries);
        }
        return [];
    }

    private static void Send(NetworkStream stream, string status, string type, string body)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(body);
        string head = string.Create(CultureInfo.InvariantCulture, $"HTTP/1.1 {status}\r\nContent-Type: {type}; charset=utf-8\r\nContent-Length: {bytes.Length}\r\nCache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\nX-Frame-Options: DENY\r\nConnection: close\r\n\r\n");
        stream.Write(Encoding.ASCII.GetBytes(head));
        stream.Write(bytes);
    }

    public void Dispose() => listener.Dispose();
}
