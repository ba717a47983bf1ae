using System.Diagnostics;
using System.Globalization;
using NativeTrain.Testing;
using Xunit;

namespace NativeTrain.Cuda.Tests;

/// <summary>NCCL between processes (tests/NativeTrain.NcclRank, a process a rank): on the emulator its stand-in, on GPUs NCCL itself.</summary>
public sealed class NcclTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(90);

    private sealed record Ended(int ExitCode, string Output, string Errors);

    [Theory]
    [InlineData("sums", 2)]
    [InlineData("sums", 3)]
    [InlineData("gathers", 2)]
    [InlineData("beside", 2)]
    [InlineData("recorded", 2)]
    public async Task RanksHaveWhatTheyShould(string scenario, int ranks)
    {
        foreach (var rank in await Run(scenario, ranks)) Assert.True(rank.ExitCode == 0, rank.Output + rank.Errors);
    }

    /// <summary>NCCL itself leaves open what happens; the emulator tells.</summary>
    [Fact]
    public async Task DifferentCountsAreNamed()
    {
        Devices.Choose();
        Assert.SkipUnless(CudaDevice.Emulated, "only the emulator compares what ranks ask for");
        foreach (var rank in await Run("mismatch", 2))
        {
            Assert.True(rank.ExitCode == 0, rank.Output + rank.Errors);
            Assert.Contains("ncclAllReduce of 4 numbers", rank.Output, StringComparison.Ordinal);
            Assert.Contains("ncclAllReduce of 5 numbers", rank.Output, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task ADeadRankIsNamedAndWaitingEnds()
    {
        Devices.Choose();
        Assert.SkipUnless(CudaDevice.Emulated, "NCCL between GPUs of one machine does not notice; MPI does");
        var ranks = await Run("death", 2);
        Assert.True(ranks[0].ExitCode == 0, ranks[0].Output + ranks[0].Errors);
        Assert.Contains("rank 1 has gone while rank 0 waits for it in ncclAllReduce", ranks[0].Output, StringComparison.Ordinal);
        Assert.NotEqual(0, ranks[1].ExitCode);
    }

    [Fact]
    public async Task ADeadRankEndsTheRun()
    {
        Devices.Choose();
        Assert.SkipUnless(CudaDevice.Emulated, "NCCL between GPUs of one machine does not notice; MPI does");
        var watch = Stopwatch.StartNew();
        var ranks = await Run("death-ends", 2);
        Assert.True(ranks[0].ExitCode == 4, ranks[0].Output + ranks[0].Errors);
        Assert.StartsWith("error: rank 0 on here: nccl: ", ranks[0].Errors, StringComparison.Ordinal);
        Assert.Single(ranks[0].Errors.Trim().Split('\n'));
        Assert.True(watch.Elapsed < TimeSpan.FromSeconds(30), $"{watch.Elapsed}");
    }

    private static async Task<Ended[]> Run(string scenario, int ranks)
    {
        using var folder = new TemporaryFolder();
        return await Task.WhenAll(Enumerable.Range(0, ranks).Select(rank => Start(folder.Path, rank, ranks, scenario)));
    }

    private static async Task<Ended> Start(string folder, int rank, int ranks, string scenario)
    {
        string program = Path.Combine(AppContext.BaseDirectory, "NativeTrain.NcclRank.dll");
        string[] arguments = [program, folder, rank.ToString(CultureInfo.InvariantCulture), ranks.ToString(CultureInfo.InvariantCulture), scenario];
        using var process = Process.Start(new ProcessStartInfo("dotnet", arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        using var late = new CancellationTokenSource(Patience);
        using var end = late.Token.Register(process.Kill);
        var output = process.StandardOutput.ReadToEndAsync();
        var errors = process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        return new Ended(process.ExitCode, await output, await errors);
    }
}
