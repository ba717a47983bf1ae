using System.Diagnostics;
using Xunit;

namespace NativeTrain.Cli.Tests;

/// <summary>
/// A training that is killed with SIGKILL at random moments and resumed each time, until it is done, leaves the bytes of one
/// that was not. Three kills; NATIVETRAIN_KILLS=20 asks for more.
/// </summary>
public class KillTests(ITestOutputHelper output)
{
    private static readonly string[] Options =
    [
        "model=yolo11n.yaml", "data=set/data.yaml", "imgsz=64", "batch=4", "nbs=8", "warmup_epochs=0", "workers=1", "plots=false", "cache=disk", "project=runs",
    ];

    [Fact]
    public async Task ATrainingThatIsKilledAgainAndAgainEndsLikeTheUnbrokenOne()
    {
        int kills = int.Parse(Environment.GetEnvironmentVariable("NATIVETRAIN_KILLS") ?? "3");
        string epochs = $"epochs={Math.Max(4, kills)}";
        using var set = new TinySet(train: 24, val: 3);
        Expect.Success(set.Run(["train", epochs, "name=whole", .. Options]));

        var random = new Random(1);
        var moments = new List<string>();
        string last = set.File("runs/broken/weights/last.safetensors");
        for (int done = 0; done < kills;)
        {
            string[] words = System.IO.File.Exists(last) ? ["train", $"resume={set.File("runs/broken")}"] : ["train", epochs, "name=broken", "exist_ok=true", .. Options];
            var kind = (Kind)(done % 4);
            if (kind == Kind.Cache)
                foreach (string cache in Directory.GetFiles(set.File("set"), "*.pixels")) System.IO.File.Delete(cache);
            using var process = Tool.Start(set.Folder, words);
            string? moment = await Moment(process, set, kind, random);
            if (moment is null) break; // it came to its end first
            moments.Add(moment);
            process.Kill();
            await process.WaitForExitAsync(TestContext.Current.CancellationToken);
            done++;
        }
        Assert.Equal(kills, moments.Count);
        output.WriteLine(string.Join("\n", moments));
        Assert.Contains(moments, m => m.Contains(".pixels."));
        Assert.Contains(moments, m => m.Contains(".safetensors."));
        Expect.Success(set.Run("train", $"resume={set.File("runs/broken")}"));

        foreach (string file in new[] { "last", "best" })
            Assert.True(Bytes("whole", file).AsSpan().SequenceEqual(Bytes("broken", file)), $"{file}.safetensors differs after kills at {string.Join(", ", moments)}");
        Assert.Equal(Results("whole"), Results("broken"));
        Assert.Empty(Directory.GetFiles(set.File("runs/broken"), "*.tmp", SearchOption.AllDirectories));

        byte[] Bytes(string run, string file) => System.IO.File.ReadAllBytes(set.File($"runs/{run}/weights/{file}.safetensors"));
        string Results(string run) => string.Join("\n", System.IO.File.ReadLines(set.File($"runs/{run}/results.csv")).Select(l => string.Join(",", l.Split(',').Where((_, i) => i != 1))));
    }

    private enum Kind { Cache, Checkpoint, Step, Anywhere }

    /// <summary>
    /// Waits for the moment to kill: while a file is being written (a checkpoint, the cache), some time into an epoch, or whenever. What it was, in
    /// words; null where the program ended before.
    /// </summary>
    private static async Task<string?> Moment(Process process, TinySet set, Kind kind, Random random)
    {
        var clock = Stopwatch.StartNew();
        string csv = set.File("runs/broken/results.csv");
        int before = Lines();
        string[] leftBefore = Directory.GetFiles(set.Folder, "*.tmp", SearchOption.AllDirectories);
        // A start takes about a second; an epoch and its checkpoint some tenths of one.
        var wait = TimeSpan.FromMilliseconds(kind == Kind.Anywhere ? random.Next(200, 3000) : random.Next(0, 400));
        string written = kind == Kind.Cache ? "*.pixels.*.tmp" : "*.safetensors.*.tmp";
        bool Written() => Directory.EnumerateFiles(set.Folder, written, SearchOption.AllDirectories).Any(f => !leftBefore.Contains(f));
        while (!process.HasExited)
        {
            Assert.True(clock.Elapsed < TimeSpan.FromMinutes(1), "nothing happened to be killed");
            switch (kind)
            {
                case Kind.Cache or Kind.Checkpoint when Written() && (kind == Kind.Cache || Lines() > 1):
                    return $"a write of {written}";
                case Kind.Step when Lines() > Math.Max(before, 1):
                    await Task.Delay(wait);
                    return process.HasExited ? null : $"{wait.TotalMilliseconds} ms after an epoch's end";
                case Kind.Anywhere when clock.Elapsed > wait:
                    return $"{wait.TotalMilliseconds} ms after the start";
                case Kind.Cache:
                    break; // a small one is written in a few milliseconds
                default:
                    await Task.Delay(1);
                    break;
            }
        }
        return null;

        int Lines()
        {
            try { return System.IO.File.Exists(csv) ? System.IO.File.ReadLines(csv).Count() : 0; }
            catch (IOException) { return 0; }
        }
    }
}
