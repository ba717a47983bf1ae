using NativeTrain.Core;
using NativeTrain.Nn;

namespace NativeTrain.Training;

/// <summary>
/// The curves of a run as a TensorBoard event file, events.out.tfevents.*, which `tensorboard --logdir runs` shows while the
/// training runs. Records are only ever added, so a run that is killed leaves what it had; a resumed run adds a file of its
/// own, and TensorBoard joins the files of a folder. Field numbers: tensorflow/core/util/event.proto and
/// tensorflow/core/framework/summary.proto.
/// </summary>
public sealed class TensorBoardWriter : IDisposable
{
    private readonly FileStream file;

    /// <param name="folder">The run's folder.</param>
    /// <exception cref="InputException">The file cannot be made.</exception>
    public TensorBoardWriter(string folder)
    {
        ArgumentNullException.ThrowIfNull(folder);
        Path = NewName(folder);
        try
        {
            file = new FileStream(Path, FileMode.CreateNew, FileAccess.Write, FileShare.Read);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new InputException($"{Path}: cannot be written ({error.Message.TrimEnd('.')}). Free space on the disk or give another folder.", error);
        }
        Write(new ProtoMessage().Add(1, Now).Add(3, "brain.Event:2"));
    }

    /// <summary>The event file.</summary>
    public string Path { get; }

    /// <summary>Adds the numbers of an epoch and hands them to the system, so that a reader sees them at once.</summary>
    /// <param name="epoch">From 1.</param>
    /// <param name="values">Numbers by name ("metrics/mAP50(B)").</param>
    /// <exception cref="InputException">The disk is full.</exception>
    public void Append(int epoch, IEnumerable<(string Tag, double Value)> values)
    {
        ArgumentNullException.ThrowIfNull(values);
        var summary = new ProtoMessage();
        foreach (var (tag, value) in values) summary.Add(1, new ProtoMessage().Add(1, tag).Add(2, (float)value));
        Write(new ProtoMessage().Add(1, Now).Add(2, epoch).Add(5, summary));
    }

    public void Dispose() => file.Dispose();

    private static double Now => DateTimeOffset.UtcNow.ToUnixTimeMilliseconds() / 1000.0;

    /// <summary>The name that TensorBoard looks for: the time in seconds and the machine; a number where that is taken.</summary>
    private static string NewName(string folder)
    {
        string first = System.IO.Path.Combine(folder, $"events.out.tfevents.{DateTimeOffset.UtcNow.ToUnixTimeSeconds()}.{Environment.MachineName}.{Environment.ProcessId}");
        string path = $"{first}.0";
        for (int n = 1; File.Exists(path); n++) path = $"{first}.{n}";
        return path;
    }

    private void Write(ProtoMessage e)
    {
        using var bytes = new MemoryStream(e.Size);
        e.WriteTo(bytes);
        try
        {
            TfRecord.Write(file, bytes.ToArray());
            file.Flush();
        }
        catch (IOException error)
        {
            throw new InputException($"{Path}: cannot be written ({error.Message.TrimEnd('.')}). Free space on the disk or give another folder.", error);
        }
    }
}
