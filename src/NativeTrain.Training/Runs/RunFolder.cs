using NativeTrain.Core;
using NativeTrain.Vision.Models;

namespace NativeTrain.Training;

/// <summary>The folder that a run writes into: runs/detect/train, train2, train3, …; of other tasks runs/segment/… and runs/classify/…</summary>
public static class RunFolder
{
    /// <summary>
    /// Makes project/name (runs/TASK and the verb's name by default) and returns its full path. Where the
    /// folder exists, the first free name2, name3, … is made instead, unless exist_ok.
    /// </summary>
    /// <exception cref="InputException">The folder cannot be made.</exception>
    public static string Create(TrainOptions options, YoloTask task)
    {
        ArgumentNullException.ThrowIfNull(options);
        string project = options.Project ?? Path.Combine("runs", TaskNames.Of(task));
        string name = options.Name ?? OptionTable.Name(options.Verb);
        string first = Path.GetFullPath(Path.Combine(project, name));
        string folder = first;
        for (int n = 2; !options.ExistOk && (Directory.Exists(folder) || File.Exists(folder)); n++)
            folder = $"{first}{n}";
        try
        {
            Directory.CreateDirectory(folder);
            // A folder that cannot be written to is found here, not after an epoch of work.
            string probe = Path.Combine(folder, $".{Guid.NewGuid():N}.tmp");
            File.WriteAllBytes(probe, [0]);
            File.Delete(probe);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new InputException($"{folder}: cannot be written ({error.Message.TrimEnd('.')}). Give another folder with project=.", error);
        }
        return folder;
    }
}
