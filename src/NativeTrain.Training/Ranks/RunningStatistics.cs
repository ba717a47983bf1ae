using NativeTrain.Core;
using NativeTrain.Vision.Models;

namespace NativeTrain.Training;

/// <summary>
/// Where every process's batch norms saw their own images only (sync_bn=false), their running statistics differ; after each pass they become
/// their mean, weighted by the images, on every process alike.
/// </summary>
internal sealed class RunningStatistics : IDisposable
{
    private readonly ICollectives collectives;
    private readonly IBackend backend;
    private readonly List<Tensor> statistics, weighted;
    private readonly Tensor weight;

    public RunningStatistics(ICollectives collectives, IBackend backend, YoloModel model)
    {
        this.collectives = collectives;
        this.backend = backend;
        var learned = model.Parameters.Select(p => p.Value).ToHashSet();
        statistics = [.. model.NamedTensors().Select(t => t.Tensor).Where(t => !learned.Contains(t))];
        weighted = [.. statistics.Select(t => Tensor.Create(backend, t.Shape))];
        weight = Tensor.Create(backend, new Shape(1, 1));
    }

    /// <summary>Takes the mean.</summary>
    /// <param name="share">The images that each process saw.</param>
    public void Average(BatchShare share)
    {
        backend.Fill(weight, (float)share.Own / share.Whole);
        foreach (var (of, to) in statistics.Zip(weighted)) backend.MatMul(weight, transposeA: false, of, transposeB: false, to, 1, 0);
        collectives.StartAllReduce(backend, weighted).Wait();
        foreach (var (of, from) in statistics.Zip(weighted)) backend.Copy(from, of, accumulate: false);
    }

    public void Dispose()
    {
        weight.Dispose();
        foreach (var t in weighted) t.Dispose();
    }
}
