using System.Globalization;
using NativeTrain.Cli.CommandLine;
using NativeTrain.Core;
using NativeTrain.Cuda;
using NativeTrain.Training;
using NativeTrain.Vision.Models;
using NativeTrain.Vision.Plots;

namespace NativeTrain.Cli.Verbs;

/// <summary>bench kernels: times every kernel call of real training steps one by one, beside what the machine can do at best.</summary>
internal sealed class BenchKernelsCommand : CliVerb
{
    /// <summary>A call is called slower than in an earlier run where it takes so much more of its share of the roofline.</summary>
    private const double Slower = 1.15;

    public override string Name => "bench kernels";
    public override string Summary => "time single kernels at the shapes of real training steps";
    public override string Usage => "bench kernels [OP] [shape=80x80] [dtype=fp32,bf16] [model=yolo11n.yaml,yolo11s.yaml] [imgsz=320,640] [batch=1] [compare=FILE]";
    public override IReadOnlyList<string> Words { get; } = ["OP"];
    public override int WordsNeeded => 0;
    public override IReadOnlyList<OptionSpec> Options { get; } =
    [
        new("op", OptionType.Text, null, "only kernels whose op or pass contains this (conv2d, backward_weight, ...); the same as OP", Verb.None),
        new("shape", OptionType.Text, null, "only kernels whose shape contains this (80x80x64, 3x3/2, ...)", Verb.None),
        new("model", OptionType.Text, "yolo11n.yaml,yolo11s.yaml", "graphs whose training steps give the shapes, separated by commas", Verb.None),
        new("imgsz", OptionType.Text, "320,640", "input sizes in pixels, multiples of 32, separated by commas", Verb.None),
        new("batch", OptionType.Integer, "1", "images a step", Verb.None) { Min = 1, Max = 4096 },
        new("nc", OptionType.Integer, "80", "number of classes", Verb.None) { Min = 1 },
        new("dtype", OptionType.Text, "fp32", "element types of feature maps, separated by commas: fp32, bf16, fp16", Verb.None),
        new("time", OptionType.Number, "0.1", "seconds to spend on a kernel", Verb.None) { Min = 0.001, Max = 60 },
        new("output", OptionType.Text, null, "write the figures to this JSON file and a roofline picture beside it (.png)", Verb.None),
        new("compare", OptionType.Text, null, "an earlier run's JSON file: tells which kernels became slower, as shares of each run's own roofline", Verb.None),
        .. ComputeOptions.Place,
    ];

    public override int Run(Arguments arguments)
    {
        var options = new OptionValues(Options, [.. arguments.Words.Select(w => KeyValuePair.Create("op", w)), .. arguments.Options]);
        var earlier = options.Text("compare") is { } file ? KernelResults.Read(file) : null;
        var calls = Calls(options);
        using var backend = ComputeOptions.Open(options);
        if (backend is CudaBackend { } device && MemoryCounters.Available)
        {
            if (earlier is not null || options.Text("output") is not null)
                throw new InputException("output=, compare=: with NATIVETRAIN_EMULATOR=checked accesses are counted and nothing is timed; leave them out");
            CountAccesses(device, calls);
            return ExitCode.Done;
        }
        var results = Measure(backend, calls, options.Number("time"));
        if (options.Text("output") is { } output) Write(results, output);
        if (earlier is not null) Compare(results, earlier);
        return ExitCode.Done;
    }

    private static KernelResults Measure(IBackend backend, IReadOnlyList<KernelCall> calls, double seconds)
    {
        var roofs = calls.Select(c => c.Type).Distinct().ToDictionary(t => t, t => Roofline.Measure(backend, t));
        foreach (var (type, roof) in roofs)
            Console.WriteLine($"{backend.Name}: {roof.BytesPerSecond / 1e9:F1} GB/s of memory, {roof.FlopsPerSecond / 1e9:F0} GFLOP/s of {roof.Type.Word()} multiply-adds{(roof.Type == DType.F32 ? "" : $", {roof.FloatFlopsPerSecond / 1e9:F0} of fp32 ones")}{(type == roof.Type ? "" : $" ({type.Word()} is converted)")}");
        Console.WriteLine($"{"op",-22}{"pass",-17}{"shape",-36}{"type",-6}{"us",11}{"spread",8}{"GFLOP/s",9}{"GB/s",8}{"roof",7}{"library",9}  kernel");
        var bench = new KernelBench(backend, seconds);
        var rows = new List<KernelRow>();
        var results = new KernelResults(backend.Name, roofs, rows);
        foreach (var call in calls)
        {
            Tell(bench.Time(call));
            if (bench.TimeNaive(call) is { } naive) Tell(naive);
        }
        Console.WriteLine($"{rows.Count} kernels; GFLOP/s count the formula's operations, roof what the kernel computes (Winograd's way fewer, of floats): the part of the speed that this machine's memory and arithmetic allow (over 100 %: the data lay in a cache)");
        if (rows.Where(r => r.Library is not null).ToArray() is { Length: > 0 } both)
            Console.WriteLine($"library: time of the bare library's convolution as a part of ours; all of ours {both.Sum(r => r.Seconds) * 1e3:F1} ms, all of {both[0].Library!.Name.Split(' ')[0]} {both.Sum(r => r.Library!.Seconds) * 1e3:F1} ms");
        return results;

        void Tell(KernelSample sample)
        {
            var row = KernelRow.Of(sample);
            rows.Add(row);
            Console.WriteLine(Line(row, results.Share(row)));
        }
    }

    private static IReadOnlyList<KernelCall> Calls(OptionValues options)
    {
        int[] sizes = [.. options.Required("imgsz", "imgsz=320").Split(',').Select(Size)];
        YoloSpec[] graphs = [.. options.Required("model", "model=yolo11n.yaml").Split(',').Select(YoloSpec.Resolve)];
        DType[] types = [.. options.Required("dtype", "dtype=fp32").Split(',').Select(ComputeOptions.TypeOf)];
        string op = options.Text("op") ?? "", shape = options.Text("shape") ?? "";
        var all = types.SelectMany(t => KernelCatalogue.Of(graphs, sizes, options.Integer("batch"), options.Integer("nc"), t)).DistinctBy(c => c.Key).ToArray();
        KernelCall[] chosen = [.. all.Where(c => $"{c.Op} {c.Pass}".Contains(op, StringComparison.OrdinalIgnoreCase) && c.ShapeText.Contains(shape, StringComparison.OrdinalIgnoreCase))];
        if (chosen.Length == 0)
            throw new InputException($"op={op} shape={shape}: no kernel of these steps is like that; the ops are {string.Join(", ", all.Select(c => c.Op).Distinct())}");
        return chosen;
    }

    private static int Size(string text) =>
        int.TryParse(text, CultureInfo.InvariantCulture, out int size) && size is >= 32 and <= 8192 && size % 32 == 0
            ? size
            : throw new InputException($"imgsz={text}: must be multiples of 32 from 32 to 8192, separated by commas");

    private static string Line(KernelRow r, double share)
    {
        string flops = r.Flops > 0 ? $"{r.Flops / r.Seconds / 1e9:F1}" : "";
        string library = r.Library is { } l ? $"{l.Seconds / r.Seconds:P0}" : "";
        return $"{r.Op,-22}{r.Pass,-17}{r.Shape,-36}{r.Type,-6}{r.Seconds * 1e6,11:F1}{r.Spread,8:P0}{flops,9}{r.Bytes / r.Seconds / 1e9,8:F1}{share,7:P0}{library,9}  {r.Implementation}".TrimEnd();
    }

    /// <summary>
    /// On the emulator with its checks, time means nothing, but what a warp asks of memory is exact: how many sectors of
    /// 32 bytes a request touches (4 floats a lane need 16, one needs 4), and how many turns shared memory takes.
    /// </summary>
    private static void CountAccesses(CudaBackend device, IReadOnlyList<KernelCall> calls)
    {
        var bench = new KernelBench(device, budget: 0);
        Console.WriteLine($"{"kernel",-58}{"shape",-36}{"requests",10}{"sectors",9}{"wanted",8}{"banks",7}");
        foreach (var call in calls)
        {
            bench.Once(call, run =>
            {
                foreach (var c in MemoryCounters.Count(device, run))
                    Console.WriteLine($"{c.Kernel,-58}{call.ShapeText,-36}{c.GlobalRequests,10}{(double)c.GlobalSectors / Math.Max(1, c.GlobalRequests),9:F2}{c.Coalescing,8:P0}{c.BankConflicts,7:F2}");
            });
        }
        Console.WriteLine("sectors: pieces of 32 bytes a warp's request to global memory touches; wanted: the part of their bytes that was asked for; banks: turns of shared memory for each that would do without conflicts");
    }

    private static void Write(KernelResults results, string output)
    {
        results.Write(output);
        var written = new List<string> { output };
        foreach (var (type, roof) in results.Roofs)
        {
            // One type: kernels.png; several: kernels.BF16.png beside it.
            string picture = Path.ChangeExtension(output, results.Roofs.Count == 1 ? ".png" : $".{type.Word()}.png");
            RooflinePlot.Write(picture, $"Kernels on {results.Device}, {type.Word()}", roof.BytesPerSecond, roof.FlopsPerSecond,
                [.. results.Rows.Where(r => r.Type == type.ToString()).Select(r => new RooflinePoint($"{r.Op} {r.Pass}", (double)r.Computed.Flops / r.Bytes, r.Computed.Flops / r.Seconds))]);
            written.Add(picture);
        }
        Console.WriteLine($"written: {string.Join(", ", written)}");
    }

    /// <summary>
    /// Machines and their load change from run to run, so it is not seconds that are compared but the part of each run's
    /// own roofline.
    /// </summary>
    private static void Compare(KernelResults now, KernelResults earlier)
    {
        var before = earlier.Rows.ToDictionary(r => r.Key, earlier.Share);
        var both = now.Rows.Where(r => before.ContainsKey(r.Key)).Select(r => (Row: r, Ratio: before[r.Key] / now.Share(r))).OrderByDescending(r => r.Ratio).ToArray();
        var slower = both.Where(r => r.Ratio > Slower && r.Row.Spread < (r.Ratio - 1) / 2).ToArray();
        foreach (var (row, ratio) in slower)
            Console.WriteLine($"slower: {row.Op} {row.Pass} {row.Shape} {row.Type}: {now.Share(row):P0} of the roofline, {before[row.Key]:P0} earlier: {ratio:F2} times as long");
        Console.WriteLine($"compared with the earlier run: {both.Length} kernels in both, {slower.Length} slower by more than {Slower - 1:P0}");
    }
}
