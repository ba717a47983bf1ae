using System.Globalization;
using NativeTrain.Core;

namespace NativeTrain.Race;

/// <summary>What is raced. The same words go to the race and, with the type of one engine, to its children.</summary>
public sealed record RaceSettings
{
    public string Model { get; init; } = "yolo11n.yaml";
    public int ImageSize { get; init; } = 320;
    public int Batch { get; init; } = 16;
    /// <summary>
    /// Classes of the head. With 80 or 3 libtorch 2.10 computes some of the head's 1×1 convolutions to that many channels wrongly (channels_last, AVX-512: in
    /// fp32 of 80 deviations of half the largest output, in bf16 of 3 the loss is NaN after two steps), and the check of the losses says so; a multiple of 16 below 80 is right.
    /// </summary>
    public int Classes { get; init; } = 64;
    /// <summary>Compute threads of each engine.</summary>
    public int Threads { get; init; } = Environment.ProcessorCount;
    /// <summary>Timed rounds; in each, every engine makes one step.</summary>
    public int Rounds { get; init; } = 15;
    /// <summary>Rounds before them: engines choose kernels, fill their pools of memory.</summary>
    public int Warmup { get; init; } = 3;
    /// <summary>
    /// Steps before the race that make the weights which all engines start from. Fresh ones tell objects from nothing so badly that the least difference in rounding
    /// gives objects to other cells: then losses of equal engines differ by 1e-3.
    /// </summary>
    public int Prepare { get; init; } = 20;
    /// <summary>
    /// AdamW's rate, as early in a warm-up. Its first steps are little else than the gradient's signs, which two engines round differently where it is
    /// near nothing: at the rate of a training in full swing they part company within a few steps, whoever computes.
    /// </summary>
    public float LearningRate { get; init; } = 1e-4f;
    /// <summary>Maps in bfloat16; of a child.</summary>
    public bool BFloat16 { get; init; }
    /// <summary>Parts of the race: step, memory, loader, epoch, start.</summary>
    public IReadOnlyList<string> Parts { get; init; } = ["step", "memory", "loader", "epoch", "start"];
    /// <summary>A data.yaml, for the parts that load pictures.</summary>
    public string Data { get; init; } = "../shared/data/bccd/data.yaml";
    /// <summary>Where the table and the picture go.</summary>
    public string Output { get; init; } = "out/race";

    /// <param name="words">setting=value.</param>
    /// <exception cref="InputException">An unknown setting, or a value that is none.</exception>
    public static RaceSettings Parse(IEnumerable<string> words)
    {
        ArgumentNullException.ThrowIfNull(words);
        var s = new RaceSettings();
        foreach (string word in words)
        {
            string[] pair = word.Split('=', 2);
            s = pair.Length == 2 ? s.With(pair[0], pair[1]) : throw new InputException($"{word}: give settings as name=value");
        }
        return s.ImageSize % 32 == 0 ? s : throw new InputException($"imgsz={s.ImageSize}: must be a multiple of 32");
    }

    private RaceSettings With(string name, string value) => name switch
    {
        "model" => this with { Model = value },
        "imgsz" => this with { ImageSize = Number(name, value, 32) },
        "batch" => this with { Batch = Number(name, value) },
        "nc" => this with { Classes = Number(name, value) },
        "threads" => this with { Threads = Number(name, value) },
        "prepare" => this with { Prepare = Number(name, value, 0) },
        "rounds" => this with { Rounds = Number(name, value) },
        "warmup" => this with { Warmup = Number(name, value) },
        "lr" => this with { LearningRate = float.TryParse(value, CultureInfo.InvariantCulture, out float rate) && rate > 0 ? rate : throw new InputException($"lr={value}: must be above 0") },
        "bf16" => this with { BFloat16 = value == "true" },
        "data" => this with { Data = value },
        "output" => this with { Output = value },
        "parts" => this with { Parts = [.. value.Split(',').Select(Part)] },
        _ => throw new InputException($"{name}: no such setting; known are model, imgsz, batch, nc, threads, prepare, rounds, warmup, lr, bf16, data, output and parts"),
    };

    private static string Part(string name) =>
        name is "step" or "memory" or "loader" or "epoch" or "start" ? name : throw new InputException($"parts={name}: must be of step, memory, loader, epoch and start, separated by commas");

    private static int Number(string name, string value, int least = 1) =>
        int.TryParse(value, CultureInfo.InvariantCulture, out int n) && n >= least ? n : throw new InputException($"{name}={value}: must be a whole number from {least} on");

    /// <summary>The words of a child's command line.</summary>
    public IEnumerable<string> ForChild(bool bfloat16) =>
        [$"model={Model}", $"imgsz={ImageSize}", $"batch={Batch}", $"nc={Classes}", $"threads={Threads}", string.Create(CultureInfo.InvariantCulture, $"lr={LearningRate:R}"), $"bf16={(bfloat16 ? "true" : "false")}"];
}
