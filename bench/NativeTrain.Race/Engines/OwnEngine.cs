using NativeTrain.Core;
using NativeTrain.Cpu;
using NativeTrain.Training;
using NativeTrain.Vision.Models;

namespace NativeTrain.Race;

/// <summary>This project's training step (<see cref="BenchStep"/>).</summary>
internal sealed class OwnEngine : IEngine
{
    private readonly RaceSettings settings;
    private readonly BenchStep step;

    /// <param name="weights">Weights file.</param>
    /// <param name="batch">A <see cref="BatchFile"/>.</param>
    /// <param name="settings">What is raced.</param>
    public OwnEngine(string weights, string batch, RaceSettings settings)
    {
        this.settings = settings;
        var model = WeightsFile.Open(new CpuBackend(settings.Threads), weights);
        step = new BenchStep(model, BatchFile.Read(batch), settings.BFloat16 ? DType.BF16 : DType.F32, learningRate: settings.LearningRate);
    }

    public string Name => $"NativeTrain, {settings.Threads} threads";

    /// <summary>The loss that the gradient is of: the sum of its terms, times the batch.</summary>
    public float Step(bool withLoss) => step.Run() * settings.Batch;
}
