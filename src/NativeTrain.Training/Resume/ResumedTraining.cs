using NativeTrain.Core;
using NativeTrain.Nn;
using NativeTrain.Vision.Data;
using NativeTrain.Vision.Models;

namespace NativeTrain.Training;

/// <summary>The file of a training that goes on, read: its model, its folder, its data set.</summary>
internal sealed class ResumedTraining
{
    private readonly SafetensorsFile file;

    private ResumedTraining(SafetensorsFile file)
    {
        this.file = file;
        Folder = ResumeOptions.FolderOf(file.Path);
    }

    /// <summary>Where the options (<see cref="ResumeOptions.Complete"/>) resume a training, that; else null.</summary>
    /// <exception cref="InputException">The file cannot be read, or lies outside a run's folder.</exception>
    public static ResumedTraining? Of(TrainOptions options) => options.Resume is { } path ? new ResumedTraining(Safetensors.Read(path)) : null;

    /// <summary>The run's folder.</summary>
    public string Folder { get; }

    public YoloTask Task => WeightsFile.SpecOf(file).Task;

    /// <inheritdoc cref="Recipe.PlannedEpochs"/>
    public int PlannedEpochs => (int)file.Int64(TrainingState.PlannedEpochs);

    /// <summary>The model with the averaged weights.</summary>
    public YoloModel OpenModel(IBackend backend) => WeightsFile.Open(backend, file);

    /// <summary>Makes sure that a part of the data set has the files it had.</summary>
    /// <exception cref="InputException">It has not; the message names the first difference.</exception>
    public void CheckData(string name, DataFiles now, string data)
    {
        if (DataFiles.Difference(DataFiles.Read(file, name), now) is { } difference)
            throw new InputException($"{data}: not the data that the training began with: {difference}. Put it back, or start a new training with model={file.Path}");
    }

    /// <inheritdoc cref="TrainingState.Load"/>
    public (int Epochs, TimeSpan Elapsed, BegunEpoch Begun) Load(TrainingState state) => state.Load(file);

    /// <summary>Removes what writes that were cut off have left in the folder.</summary>
    public void CleanUp()
    {
        foreach (string left in Directory.EnumerateFiles(Folder, "*.tmp", SearchOption.AllDirectories).ToList()) File.Delete(left);
    }
}
