using System.Net;
using System.Net.Sockets;
using System.Text.RegularExpressions;
using NativeTrain.Core;
using Xunit;

namespace NativeTrain.Training.Tests;

/// <summary>The served page: to this machine alone, and a step only for who has read it.</summary>
public sealed class InspectServerTests(TinySet set) : IClassFixture<TinySet>
{
    [Fact]
    public async Task ThePageIsServedAndStepsAreTakenForItsReaders()
    {
        using var inspector = new StepInspector(set.Backend, set.Options("batch=2"), SilentProgress.Instance);
        using var server = new InspectServer(inspector, port: 0, SilentProgress.Instance);
        using var stop = new CancellationTokenSource();
        var running = Task.Run(() => server.Run(stop.Token));
        using var client = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{server.Port}/") };

        string page = await client.GetStringAsync("/");
        string token = Regex.Match(page, "data-token=\"([0-9A-F]{32})\"").Groups[1].Value;
        Assert.Contains("\"step\":1", page);
        Assert.Equal(["DENY"], (await client.GetAsync("/")).Headers.GetValues("X-Frame-Options"));
        Assert.Equal(HttpStatusCode.NotFound, (await client.GetAsync("/other")).StatusCode);
        Assert.Equal(HttpStatusCode.Forbidden, (await Ask(client, HttpMethod.Post, "/step", token: "guessed")).StatusCode);
        Assert.Equal(HttpStatusCode.Forbidden, (await Ask(client, HttpMethod.Get, "/", host: "evil.example")).StatusCode);
        var step = await Ask(client, HttpMethod.Post, "/step", token);
        Assert.Equal(HttpStatusCode.OK, step.StatusCode);
        Assert.Contains("\"step\":2", await step.Content.ReadAsStringAsync());

        await stop.CancelAsync();
        await running;
    }

    [Fact]
    public async Task ARequestThatNeverEndsHoldsUpNoOne()
    {
        using var inspector = new StepInspector(set.Backend, set.Options("batch=2"), SilentProgress.Instance);
        using var server = new InspectServer(inspector, port: 0, SilentProgress.Instance) { Patience = TimeSpan.FromSeconds(0.5) };
        using var stop = new CancellationTokenSource();
        var running = Task.Run(() => server.Run(stop.Token));
        using var slow = new TcpClient("127.0.0.1", server.Port);
        using var client = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{server.Port}/"), Timeout = TimeSpan.FromSeconds(60) };
        var page = client.GetStringAsync("/");
        // A letter every 50 ms: no single one is late, yet the head never ends.
        while (!page.IsCompleted)
        {
            slow.Client.Send("x"u8, SocketFlags.None, out _);
            await Task.Delay(50);
        }
        Assert.Contains("\"step\":1", await page);
        await stop.CancelAsync();
        await running;
    }

    [Fact]
    public void APortThatIsTakenIsOneLine()
    {
        using var inspector = new StepInspector(set.Backend, set.Options("batch=2"), SilentProgress.Instance);
        using var first = new InspectServer(inspector, port: 0, SilentProgress.Instance);
        Assert.StartsWith($"port={first.Port}: cannot be served at", Assert.Throws<InputException>(() => new InspectServer(inspector, first.Port, SilentProgress.Instance)).Message);
    }

    private static Task<HttpResponseMessage> Ask(HttpClient client, HttpMethod method, string path, string? token = null, string? host = null)
    {
        var request = new HttpRequestMessage(method, path);
        if (token is not null) request.Headers.Add("X-Inspect-Token", token);
        if (host is not null) request.Headers.Host = host;
        return client.SendAsync(request);
    }
}
