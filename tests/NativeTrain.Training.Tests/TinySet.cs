using NativeTrain.Cpu;
using NativeTrain.Vision.Data;
using Xunit;

namespace NativeTrain.Training.Tests;

/// <summary>A data set of twelve drawn pictures of 64 pixels, a backend, and a folder for runs, shared by the tests of a class.</summary>
public sealed class TinySet : IDisposable
{
    public const int TrainImages = 12, ValImages = 5;

    public TinySet()
    {
        Folder = Directory.CreateTempSubdirectory("nativetrain-tiny").FullName;
        ShapesGenerator.Write(Path.Combine(Folder, "set"), TrainImages, ValImages, size: 64, seed: 1);
    }

    public string Folder { get; }
    public string Data => Path.Combine(Folder, "set", "data.yaml");
    public CpuBackend Backend { get; } = new();

    /// <summary>Options of a short training of yolo11n on this set: 4 pictures a batch, 2 epochs; later ones win.</summary>
    public TrainOptions Options(params string[] more) => TrainOptions.Parse(Verb.Train,
    [
        "model=yolo11n.yaml", $"data={Data}", "imgsz=64", "batch=4", "epochs=2", "workers=0", "plots=false", $"project={Path.Combine(Folder, "runs")}", .. more,
    ]);

    /// <summary>Paths of the set's validation pictures.</summary>
    public IReadOnlyList<string> ValPictures => DataYaml.Load(Data).Images("val");

    public void Dispose()
    {
        Backend.Dispose();
        Directory.Delete(Folder, recursive: true);
    }
}
