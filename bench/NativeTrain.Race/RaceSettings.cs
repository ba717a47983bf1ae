using System.Globalization;
using NativeTrain.Core;

namespace NativeTrain.Race;

/// <summary>What is raced. The same words go to the race and, with the type of one engine, to its children.</summary>
public sealed record RaceSettings
{
    public string Model { get; init; } = "yolo11n.yaml";
    public int ImageSize { get; init; } = 320;
    public int Batch { get; init; } = 16;
    public int Classes { get; init; } = 80;
    /// <summary>Compute threads of each engine.</summary>
    public int Threads { get; init; } = Environment.ProcessorCount;
    /// <summary>Timed rounds; in each, every engine makes one step.</summary>
    public int Rounds { get; init; } = 15;
    /// <summary>Rounds before them: engines choose kernels, fill their pools of memory.</summary>
    public int Warmup { get; init; } = 3;
    /// <summary>Maps in bfloat16; of a child.</summary>
    public bool BFloat16 { get; init; }
    /// <summary>Parts of the race: step, loader, epoch, start.</summary>
    public IReadOnlyList<string> Parts { get; init; } = ["step", "loader", "epoch", "start"];
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
        "rounds" => this with { Rounds = Number(name, value) },
        "warmup" => this with { Warmup = Number(name, value) },
        "bf16" => this with { BFloat16 = value == "true" },
        "data" => this with { Data = value },
        "output" => this with { Output = value },
        "parts" => this with { Parts = [.. value.Split(',').Select(Part)] },
        _ => throw new InputException($"{name}: no such setting; known are model, imgsz, batch, nc, threads, rounds, warmup, bf16, data, output and parts"),
    };

    private static string Part(string name) =>
        name is "step" or "loader" or "epoch" or "start" ? name : throw new InputException($"parts={name}: must be of step, loader, epoch and start, separated by commas");

    private static int Number(string name, string value, int least = 1) =>
        int.TryParse(value, CultureInfo.InvariantCulture, out int n) && n >= least ? n : throw new InputException($"{name}={value}: must be a whole number from {least} on");

    /// <summary>The words of a child's command line.</summary>
    public IEnumerable<string> ForChild(bool bfloat16) =>
        [$"model={Model}", $"imgsz={ImageSize}", $"batch={Batch}", $"nc={Classes}", $"threads={Threads}", $"bf16={(bfloat16 ? "true" : "false")}"];
}
