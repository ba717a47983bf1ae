using NativeTrain.Core;
using NativeTrain.Training;
using NativeTrain.Vision.Data;
using NativeTrain.Vision.Models;

namespace NativeTrain.Race;

/// <summary>The training pictures of data=, decoded when they are opened and loaded as a training loads them.</summary>
internal sealed class Pictures : IDisposable
{
    private readonly IImageSet set;

    /// <param name="settings">What is raced.</param>
    /// <param name="backend">Whose memory batches lie in.</param>
    public Pictures(RaceSettings settings, IBackend backend)
    {
        if (!File.Exists(settings.Data)) throw new InputException($"data={settings.Data}: no such file; give a data.yaml of boxes");
        var options = TrainOptions.Parse(Verb.Train, $"data={settings.Data}", $"imgsz={settings.ImageSize}", $"batch={settings.Batch}", "workers=1", "cache=ram", "seed=0");
        var data = TaskWork.For(YoloTask.Detect, options).OpenData(SilentProgress.Instance);
        set = data.Open("train");
        Loader = data.TrainLoader(set, settings.Batch, backend);
    }

    /// <summary>Mosaic, affine, colours, flips, by one worker.</summary>
    public ITrainLoader Loader { get; }

    public void Dispose()
    {
        Loader.Dispose();
        set.Dispose();
    }
}
