using NativeTrain.Core;
using NativeTrain.Cpu;
using NativeTrain.Training;
using NativeTrain.Vision.Data;
using NativeTrain.Vision.Models;

namespace NativeTrain.Race;

/// <summary>This project's training step (<see cref="BenchStep"/>).</summary>
internal sealed class OwnEngine(DetectionBatch batch, RaceSettings settings) : IEngine
{
    private readonly BenchStep step = new(new CpuBackend(settings.Threads), YoloSpec.Resolve(settings.Model), settings.Classes, batch,
        settings.BFloat16 ? DType.BF16 : DType.F32);

    public string Name => $"NativeTrain, {settings.Threads} threads";

    public float Step(bool withLoss) => step.Run() * batch.N; // the loss that the gradient is of
}
