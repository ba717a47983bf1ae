using System.Globalization;
using NativeTrain.Core;
using NativeTrain.Nn;

namespace NativeTrain.Training;

/// <summary>
/// The options of a training that goes on: those it began with, as its last.safetensors tells them. Only where it runs and
/// what it writes beside the weights may be given anew, and a later end: epochs, patience, time.
/// </summary>
public static class ResumeOptions
{
    /// <summary>The metadata of last.safetensors that holds the options.</summary>
    internal const string Key = "options";

    private static readonly string[] Anew = ["device", "workers", "threads", "conv", "cache", "plots", "verbose", "tensorboard", "save_period", "time", "rank_timeout"];

    /// <summary>
    /// Where resume= asks for it, the whole set of options, in which <see cref="TrainOptions.Resume"/> is the full path of the file;
    /// else the options as they are. What it returned once it returns unchanged.
    /// </summary>
    /// <exception cref="InputException">There is no such training, it is finished, or an option contradicts the one it began with.</exception>
    public static TrainOptions Complete(TrainOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        if (options.Resume is null) return options;
        string path = FileOf(options);
        if (!Safetensors.ReadMetadata(path).TryGetValue(Key, out string? text))
            throw StateBeside(path) is { } last
                ? new InputException($"{path}: holds weights only; go on with the state beside it: train resume={last}")
                : new InputException($"{path}: holds weights only, not the state of a training: it is finished, or was run with save=false. To train on from these weights: train model={path}");
        var began = OptionsJson.Read(text, path);
        var changes = new List<string> { $"resume={path}" };
        foreach (var (option, value) in options.Given)
            if (IsNew(option, value, began, path)) changes.Add($"{option.Name}={value ?? "none"}");
        return began.With([.. changes]);
    }

    /// <summary>The run's folder: that of the weights folder in which the file lies.</summary>
    /// <exception cref="InputException">The file lies elsewhere.</exception>
    internal static string FolderOf(string path)
    {
        string weights = Path.GetDirectoryName(path)!;
        return Path.GetFileName(weights) == "weights"
            ? Path.GetDirectoryName(weights)!
            : throw new InputException($"{path}: a training goes on in its own folder; give its RUN/weights/last.safetensors");
    }

    /// <summary>The last.safetensors in the file's folder, where it holds a state: best.safetensors and epochN.safetensors are easily taken for it.</summary>
    private static string? StateBeside(string path)
    {
        string last = Path.Combine(Path.GetDirectoryName(path)!, "last.safetensors");
        return last != path && File.Exists(last) && Safetensors.ReadMetadata(last).ContainsKey(Key) ? last : null;
    }

    private static string FileOf(TrainOptions options)
    {
        string given = options.Resume!;
        if (given == "true")
        {
            given = options.IsGiven("model") ? options.Model : throw new InputException("resume=true: which training? Give resume=RUN/weights/last.safetensors");
            if (!ModelSource.IsWeights(given)) throw new InputException($"resume=true: model={given} is no training; give its RUN/weights/last.safetensors");
        }
        if (Directory.Exists(given)) given = Path.Combine(given, "weights", "last.safetensors");
        if (File.Exists(given) && !given.EndsWith(".safetensors", StringComparison.OrdinalIgnoreCase))
            throw new InputException($"resume={options.Resume}: holds no state of a training; give RUN/weights/last.safetensors");
        return File.Exists(given) ? Path.GetFullPath(given) : throw new InputException($"resume={options.Resume}: there is no {given}");
    }

    /// <summary>Whether a given option is to replace the one that the training began with.</summary>
    private static bool IsNew(OptionSpec option, string? value, TrainOptions began, string path)
    {
        string? old = began.Values.First(v => v.Name == option.Name).Value;
        bool same = option.Name switch
        {
            "resume" => true,
            "model" => value == old || SamePath(value, path),
            "data" => SamePath(value, Path.Combine(began.Folder, old!)),
            _ => value == old,
        };
        if (same) return false;
        if (Anew.Contains(option.Name)) return true;
        if (option.Name is "epochs" or "patience")
        {
            if (Lasting(option.Name, value) > Lasting(option.Name, old)) return true;
            throw new InputException($"{option.Name}={value}: the training began with {option.Name}={old}; on resuming it can only be raised");
        }
        throw new InputException($"{option.Name}={value ?? "none"}: the training began with {option.Name}={old ?? "none"}; on resuming only {string.Join(", ", Anew.Where(n => OptionTable.Find(n) is not null))} can be given anew, and a higher epochs or patience");
    }

    private static bool SamePath(string? a, string? b) => a is not null && b is not null && Path.GetFullPath(a) == Path.GetFullPath(b);

    /// <summary>patience=0 never stops.</summary>
    private static long Lasting(string name, string? value)
    {
        long n = long.Parse(value!, CultureInfo.InvariantCulture);
        return name == "patience" && n == 0 ? long.MaxValue : n;
    }
}
