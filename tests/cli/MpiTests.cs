using System.Globalization;
using System.Runtime.InteropServices;
using NativeTrain.Nn;
using Xunit;

namespace NativeTrain.Cli.Tests;

/// <summary>Trainings of several processes under mpirun.</summary>
public class MpiTests
{
    private static string[] Train(string name, params string[] more) =>
        ["train", "model=yolo11n.yaml", "data=set/data.yaml", "imgsz=64", "workers=1", "threads=1", "plots=false", "amp=false", "project=runs", $"name={name}", .. more];

    private static void Run(TinySet set, int ranks, params string[] words)
    {
        using var process = Tool.StartRanks(set.Folder, ranks, words);
        var r = Tool.Finish(process);
        Assert.True(r.ExitCode == 0, $"exit code {r.ExitCode}\n{r.Out}{r.Error}");
    }

    /// <summary>
    /// Twenty steps of batches of six, six, six and two: parts of unequal size, and of four ranks two that have none. The rate is very low because a
    /// step from random weights multiplies the last digit of a sum, which another order of adding changes, some hundred times.
    /// </summary>
    [MpiFact]
    public void TwoAndFourRanksTrainAsOneDoes()
    {
        using var set = new TinySet(train: 20, val: 1);
        string[] options = ["epochs=5", "batch=6", "nbs=6", "optimizer=SGD", "lr0=0.00001", "warmup_epochs=0", "sync_bn=true", "mixup=0.3", "val=false"];
        Expect.Success(set.Run([.. Train("one"), .. options]));
        foreach (var (ranks, name) in new[] { (2, "two"), (4, "four"), (2, "again") }) Run(set, ranks, [.. Train(name), .. options]);

        Expect.Success(set.Run([.. Train("start"), .. options, "epochs=1", "lr0=1e-12"]));
        float[] start = Parameters(set, "start"), one = Parameters(set, "one");
        foreach (string name in new[] { "two", "four" })
        {
            AssertSameResults(set, "one", name);
            double off = Norm(one, Parameters(set, name));
            Assert.True(off <= 1e-4 * Norm(one, new float[one.Length]), $"{name}: the weights are off by {off}, of {Norm(one, new float[one.Length])}");
            Assert.True(off <= 0.02 * Norm(one, start), $"{name}: the weights are off by {off}, after a change of {Norm(one, start)}");
        }
        Assert.Equal(File.ReadAllBytes(Last(set, "two")), File.ReadAllBytes(Last(set, "again")));
    }

    /// <summary>Without sync_bn, of a classifier, in half precision: the ranks agree to the bit (they would stop if not), and do so again.</summary>
    [MpiFact]
    public void TwoRunsOfTwoRanksAreEqual()
    {
        using var set = new TinySet(train: 1, val: 1);
        Expect.Success(set.Run("data", "shapes", "classes", "train=13", "val=5", "imgsz=64", "task=classify"));
        string[] options = ["model=yolo11n-cls.yaml", "data=classes", "epochs=2", "batch=5", "nbs=10", "amp=fp16"];
        foreach (string name in new[] { "first", "second" }) Run(set, 2, [.. Train(name), .. options]);
        Assert.Equal(File.ReadAllBytes(Last(set, "first")), File.ReadAllBytes(Last(set, "second")));
    }

    /// <summary>Tensors go through NCCL where ranks have GPUs: here through the emulator's. The second epoch's shapes are those of the first, so that its steps are replayed as graphs with NCCL in them.</summary>
    [MpiFact]
    public void TwoEmulatedGpusTrainAsOneDoes()
    {
        using var set = new TinySet(train: 8, val: 2);
        string[] options = ["device=emulator", "threads=0", "epochs=2", "batch=4", "nbs=4", "optimizer=SGD", "lr0=0.0001", "warmup_epochs=0", "sync_bn=true"];
        Expect.Success(set.Run(Train("one", options)));
        using var process = Tool.StartRanks(set.Folder, 2, Train("two", options));
        var r = Tool.Finish(process);
        Assert.True(r.ExitCode == 0, $"exit code {r.ExitCode}\n{r.Out}{r.Error}");
        Assert.Contains(" by nccl, each with emulator", r.Out);
        AssertSameResults(set, "one", "two");
        float[] one = Parameters(set, "one");
        Assert.True(Norm(one, Parameters(set, "two")) <= 1e-4 * Norm(one, new float[one.Length]));
    }

    private const int Kill = 9, User1 = 10, Terminate = 15, Stop = 19;

    /// <summary>A rank that is killed, or stands still, ends the run; asked to stop, it saves. One process goes on from what is saved.</summary>
    [MpiFact]
    public async Task ARankThatIsLostEndsTheRunWhichGoesOnLater()
    {
        using var set = new TinySet(train: 16);
        string[] options = ["epochs=500", "batch=4", "nbs=8", "exist_ok=true", "rank_timeout=3"];
        string csv = set.File("runs/lost/results.csv"), last = Last(set, "lost");
        foreach (int signal in new[] { Kill, Stop, Terminate, User1 })
        {
            int lines = Lines(csv);
            string[] words = lines == 0 ? Train("lost", options) : ["train", $"resume={set.File("runs/lost")}", "rank_timeout=3"];
            using var process = Tool.StartRanks(set.Folder, 2, words);
            for (int i = 0; Lines(csv) < lines + 2; i++)
            {
                Assert.False(process.HasExited || i > 1200, "no epoch was finished");
                await Task.Delay(50, TestContext.Current.CancellationToken);
            }
            var clock = System.Diagnostics.Stopwatch.StartNew();
            Tool.Send(Children(process.Id)[1], signal);
            var r = Tool.Finish(process);
            Assert.True(clock.Elapsed < TimeSpan.FromSeconds(30), $"signal {signal}: ended after {clock.Elapsed}");
            string told = r.Out + r.Error;
            if (signal == Stop) Assert.Contains($"error: rank 1 on {Environment.MachineName} has not answered for 3 s", told);
            if (signal == Kill) Assert.Contains("rank 1", told);
            if (signal is Terminate or User1)
            {
                Assert.Equal(143, r.ExitCode);
                Assert.Contains("interrupted at epoch", told);
            }
            else Assert.NotEqual(0, r.ExitCode);
            Assert.True(Safetensors.ReadMetadata(last).ContainsKey("options"), "the checkpoint holds no state to go on from");
        }
        Expect.Success(set.Run("train", $"resume={set.File("runs/lost")}", "time=0.00001"));
    }

    [MpiFact]
    public void ARankWithOtherOptionsIsRefusedByName()
    {
        using var set = new TinySet();
        using var process = Tool.StartRanks(set.Folder, 1, Train("a", "seed=0"), others: Train("a", "seed=1"));
        var r = Tool.Finish(process);
        Assert.Equal(2, r.ExitCode);
        Assert.Contains($"error: rank 1 on {Environment.MachineName} has seed=1, rank 0 on {Environment.MachineName} seed=0: all ranks must run the same program", r.Out + r.Error);
        Assert.False(Directory.Exists(set.File("runs")));
    }

    /// <summary>Whatever the machine has: a launcher whose processes cannot find each other is told of in one line.</summary>
    [Fact]
    public void ALauncherThatMpiDoesNotSeeIsSaid()
    {
        using var set = new TinySet();
        Expect.InputError(Tool.RunUnder(set.Folder, "OMPI_COMM_WORLD_SIZE", "2", Train("a")), "mpirun started 2 processes, but ");
        Expect.InputError(Tool.RunUnder(set.Folder, "OMPI_COMM_WORLD_SIZE", "2", "val", "model=a.safetensors"), "val runs in one process, but mpirun started 2");
        Expect.Success(Tool.RunUnder(set.Folder, "OMPI_COMM_WORLD_SIZE", "1", Train("a", "epochs=1")));
    }

    private static string Last(TinySet set, string run) => set.File($"runs/{run}/weights/last.safetensors");

    private static int Lines(string csv)
    {
        try { return File.Exists(csv) ? File.ReadLines(csv).Count() : 0; }
        catch (IOException) { return 0; }
    }

    /// <summary>All numbers of results.csv but the times.</summary>
    private static double[] Results(TinySet set, string run) =>
        [.. File.ReadLines(set.File($"runs/{run}/results.csv")).Skip(1).SelectMany(l => l.Split(',').Where((_, i) => i != 1)).Select(n => double.Parse(n, CultureInfo.InvariantCulture))];

    private static void AssertSameResults(TinySet set, string expected, string actual) =>
        Assert.All(Results(set, expected).Zip(Results(set, actual)), row => Assert.Equal(row.First, row.Second, (a, b) => Math.Abs(a - b) <= 1e-4 * Math.Max(Math.Abs(a), 1e-3)));

    /// <summary>The trained parameters in a row; statistics of batch norm, the average and the optimizer's memory aside.</summary>
    private static float[] Parameters(TinySet set, string run) =>
        [.. Safetensors.Read(Last(set, run)).Entries.Where(e => e.Type == SafetensorsType.F32 && e.Name.StartsWith("train.", StringComparison.Ordinal) && !e.Name.Contains("running_", StringComparison.Ordinal))
            .OrderBy(e => e.Name, StringComparer.Ordinal).SelectMany(e => MemoryMarshal.Cast<byte, float>(e.Bytes.Span).ToArray())];

    /// <summary>|a − b|</summary>
    private static double Norm(float[] a, float[] b) => Math.Sqrt(a.Zip(b).Sum(p => Math.Pow(p.First - p.Second, 2)));

    /// <summary>Processes that a process has started, in their order.</summary>
    private static int[] Children(int parent) =>
        [.. File.ReadAllText($"/proc/{parent}/task/{parent}/children").Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(int.Parse)];
}
