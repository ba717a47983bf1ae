using System.Globalization;
using System.Text;
using NativeTrain.Core;
using NativeTrain.Nn;
using NativeTrain.Vision.Models;

namespace NativeTrain.Training;

/// <summary>The weights files of a training: weights/last, best and, with save_period, epochN.safetensors.</summary>
public sealed class Checkpoints
{
    private readonly string folder;
    private readonly TrainOptions options;
    private readonly YoloModel model;
    private readonly IReadOnlyList<string> names;
    private readonly string optionsText;

    /// <param name="runFolder">The run's folder; the files go to its "weights".</param>
    /// <param name="options">Stand in the files' metadata.</param>
    /// <param name="model">Its values at the time of <see cref="Save"/> are written.</param>
    /// <param name="names">Class names.</param>
    public Checkpoints(string runFolder, TrainOptions options, YoloModel model, IReadOnlyList<string> names)
    {
        folder = Path.Combine(runFolder, "weights");
        this.options = options;
        this.model = model;
        this.names = names;
        optionsText = OptionsJson.Write(options.With("resume=false"), options.Folder);
    }

    public string Last => Path.Combine(folder, "last.safetensors");
    public string Best => Path.Combine(folder, "best.safetensors");

    /// <summary>Writes best and epochN where this epoch is one, then last: what goes on after a kill is what last says.</summary>
    /// <param name="epoch">Epochs completed.</param>
    /// <param name="fitness">Of this epoch, or null where it was not validated.</param>
    /// <param name="best">Whether it is the best so far.</param>
    /// <param name="state">What last holds beside the weights, so that the training can go on; null: nothing.</param>
    /// <param name="amid">Whether a part of the next epoch is done too: then these are no epoch's weights.</param>
    /// <exception cref="InputException">The disk is full or the folder cannot be written to.</exception>
    public void Save(int epoch, double? fitness, bool best, IEnumerable<SafetensorsEntry>? state, bool amid = false)
    {
        var metadata = Metadata(epoch, fitness);
        if (best) WeightsFile.Save(model, Best, metadata);
        if (options.Save && options.SavePeriod > 0 && epoch > 0 && !amid && epoch % options.SavePeriod == 0)
            WeightsFile.Save(model, Path.Combine(folder, $"epoch{epoch}.safetensors"), metadata);
        if (state is not null) metadata[ResumeOptions.Key] = optionsText;
        WeightsFile.Save(model, Last, metadata, state);
    }

    /// <summary>Takes the state out of last: the training is done. Equal trainings then leave equal files, wherever and when they ran.</summary>
    /// <exception cref="InputException">The disk is full or the folder cannot be written to.</exception>
    public void Finish()
    {
        if (!Safetensors.ReadMetadata(Last).ContainsKey(ResumeOptions.Key)) return;
        var file = Safetensors.Read(Last, name => name.StartsWith("model.", StringComparison.Ordinal));
        Safetensors.Write(Last, file.Entries,
            file.Metadata.Where(m => m.Key != ResumeOptions.Key).ToDictionary(m => m.Key, m => m.Value));
    }

    /// <summary>
    /// What a weights file says of itself. Nothing in it depends on where or when the training ran, so that
    /// equal trainings give equal files.
    /// </summary>
    private Dictionary<string, string> Metadata(int epoch, double? fitness) => new()
    {
        ["task"] = TaskNames.Of(model.Task),
        ["model"] = model.Spec.Name,
        ["names"] = ClassNamesJson.Write(names),
        ["stride"] = model.Strides.Max().ToString(CultureInfo.InvariantCulture),
        ["imgsz"] = options.ImageSize.ToString(CultureInfo.InvariantCulture),
        ["epoch"] = epoch.ToString(CultureInfo.InvariantCulture),
        ["fitness"] = fitness?.ToString("R", CultureInfo.InvariantCulture) ?? "none",
        ["args"] = Args(),
    };

    private string Args()
    {
        var text = new StringBuilder();
        foreach (var (name, value) in options.Values)
            if (OptionTable.Find(name)!.ChangesWeights)
                text.Append(text.Length > 0 ? " " : "").Append(name).Append('=').Append(value ?? "none");
        return text.ToString();
    }
}
